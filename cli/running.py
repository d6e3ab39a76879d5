"""Runs a command's asynchronous body with open channels."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.fleet import Fleet

T = TypeVar("T")


def run(body: "Callable[[Fleet], Awaitable[T]]", terminal: Terminal, *, player: str = "", navigation: str = "") -> T:
    """What `body` returns, given a fleet whose services are at these addresses (`host:port`). Raises CliError."""
    import asyncio

    from cli.fleet import Fleet

    async def with_fleet() -> T:
        async with Fleet(player, navigation, notice=terminal.notice) as fleet:
            return await body(fleet)

    return asyncio.run(with_fleet())
