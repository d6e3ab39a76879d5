"""Runs a command's asynchronous body with open channels."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from cli.certificates import Endpoint
from cli.terminal import Terminal

if TYPE_CHECKING:
    from cli.fleet import Fleet

T = TypeVar("T")


def run(body: "Callable[[Fleet], Awaitable[T]]", terminal: Terminal, *, player: str = "", navigation: str = "") -> T:
    """What `body` returns, given a fleet whose services are at these addresses. Raises CliError."""
    import asyncio

    from cli.fleet import Fleet

    certificates = next((given.certificates for given in (player, navigation) if isinstance(given, Endpoint)), None)

    async def with_fleet() -> T:
        async with Fleet(player, navigation, notice=terminal.notice, certificates=certificates) as fleet:
            return await body(fleet)

    return asyncio.run(with_fleet())
