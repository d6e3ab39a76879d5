"""The encryption key of a laptop: made once, readable by its owner alone."""

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

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
    descriptor, draft = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.unlink(draft)
