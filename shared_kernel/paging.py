"""Keyset paging after AIP-158: opaque tokens, bound to the method and the filters that they were made for."""

import base64
import binascii
import hashlib
import json

from shared_kernel.errors import InvalidInput
from shared_kernel.validation import MAX_PAGE_SIZE

DEFAULT_PAGE_SIZE = 50


def effective_page_size(page_size: int) -> int:
    """The number of rows to return for a requested `page_size`: 0 asks for the default, too many get the most."""
    return min(page_size or DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE)


def encode_page_token(scope: str, key: str) -> str:
    """A token that continues after `key`, which is printable. `scope` names the method and its filters."""
    payload = json.dumps([_fingerprint(scope), key], separators=(",", ":"))
    return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")


def decode_page_token(scope: str, token: str) -> str | None:
    """The key to continue after, or None for the first page. Raises InvalidInput for a token of another list."""
    if not token:
        return None
    try:
        payload = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        payload = None
    match payload:
        case [str(fingerprint), str(key)] if fingerprint == _fingerprint(scope) and key.isprintable():
            return key
        case _:
            raise InvalidInput.of(
                "page_token", "is not a next_page_token of this list with these filters; start again without one"
            )


def _fingerprint(scope: str) -> str:
    return hashlib.sha256(scope.encode()).hexdigest()[:12]
