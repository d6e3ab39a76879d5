"""The encryption key of a laptop: made once, readable by its owner alone."""

import os
from pathlib import Path

from cryptography.fernet import Fernet

FILE_NAME = "token-encryption.key"


def kept_key(directory: Path) -> str:
    """The key in `directory`, made there if there is none. Raises OSError, or ValueError if the file holds no key."""
    path = directory / FILE_NAME
    if not path.exists():
        _make(path)
    key = path.read_text().strip()
    Fernet(key)
    return key


def _make(path: Path) -> None:
    """Written aside and linked into place: a process that starts at the same time sees a whole key, and the same."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
