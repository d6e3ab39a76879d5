"""One navigation process for each SQLite file."""

import fcntl
import os
from pathlib import Path

from service_chassis.startup import StartupError


class SqliteFileLock:
    """Held by a living process alone, however it dies: the system lets go of it.

    Two processes on one file would each keep the game's request limit for themselves.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._descriptor: int | None = None

    async def acquire(self) -> None:
        """Raises StartupError while another process holds it."""
        path = self._database.with_name(f"{self._database.name}.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StartupError(f"{path} cannot be written: {error.strerror}; set DATA_DIR or DATABASE_URL") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise StartupError(
                f"another navigation service (process {holder or 'unknown'}) uses {self._database}; stop that one, "
                "choose another file with DATA_DIR or DATABASE_URL, or share a PostgreSQL database"
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor

    async def release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
