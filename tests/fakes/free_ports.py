"""Ports for servers that are started later, or started again: nobody else is given them meanwhile."""

import os
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle
from pathlib import Path
from random import randrange

_LOWEST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_port() -> int:
    """On 127.0.0.1, and each time another one.

    Not one that the kernel picks: it would pick the same for others as long as nobody listens there.
    """
    return next(port for port in _candidates() if _is_free(port))


@cache
def _candidates() -> Iterator[int]:
    """Those of this process of a test run, in turn, from anywhere on, as other test runs have the same."""
    workers, worker = (
        int(os.environ.get(name, "").lstrip("gw") or default)
        for name, default in (("PYTEST_XDIST_WORKER_COUNT", 1), ("PYTEST_XDIST_WORKER", 0))
    )
    ours = range(_LOWEST + worker, _picked_by_the_kernel(), workers)
    first = randrange(len(ours))
    return cycle([*ours[first:], *ours[:first]])


def _picked_by_the_kernel() -> int:
    """The lowest of them."""
    return int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
