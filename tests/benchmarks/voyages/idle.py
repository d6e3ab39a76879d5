"""What one replica needs that has nothing to do but to wait for arrivals: memory and CPU, as Linux tells them."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

_SETTLED_SECONDS = 5.0
_START_SECONDS = 60.0


@dataclass(frozen=True)
class IdleCost:
    """`mebibytes` resident; cores of the replica, and of the database that it asks."""

    mebibytes: float
    cores: float
    database_cores: float


def measure_idle(url: str, directory: Path, seconds: float) -> IdleCost:
    """Of a process of its own, with the settings of the real game, and no game to call."""
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "LISTEN_ADDRESS": "127.0.0.1:0",
        "GAME_API_URL": "http://127.0.0.1:9/v2",
        "LOG_FORMAT": "json",
    }
    log = directory / "replica.log"
    with log.open("wb") as output:
        replica = subprocess.Popen(
            [sys.executable, "-m", "navigation_service"], env=environment, stdout=output, stderr=output
        )
    try:
        _wait_until_serving(replica, log)
        time.sleep(_SETTLED_SECONDS)
        before, database_before, began = _cpu_seconds(replica.pid), _database_seconds(directory), time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - began
        cores = (_cpu_seconds(replica.pid) - before) / passed
        database_cores = (_database_seconds(directory) - database_before) / passed
        return IdleCost(_resident_mebibytes(replica.pid), cores, database_cores)
    finally:
        replica.terminate()
        replica.wait(timeout=30)


def _wait_until_serving(replica: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while '"serving"' not in log.read_text():
        if replica.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the replica does not start:\n{log.read_text()}")
        time.sleep(0.1)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _database_seconds(directory: Path) -> float:
    """Of the server and all its backends that live now."""
    server = int((directory / "postmaster.pid").read_text().split()[0])
    total = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                total += _cpu_seconds(int(entry.name)) if server in (parent, int(entry.name)) else 0.0
            except OSError:
                continue
    return total


def _resident_mebibytes(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
