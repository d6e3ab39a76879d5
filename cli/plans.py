"""Showing a plan, and starting to fly: the same for one destination, for tours and for fleets."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from cli.errors import perhaps_accepted
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import RenderableType

    from cli.fleet import Fleet
    from cli.following import Follower
    from cli.navigation import Navigation
    from cli.render.svg_chart import Chart
    from protos.routing.v1.routing_pb2 import SystemGraph

MessageT = TypeVar("MessageT", bound="Message")


def show_plan(
    plan: "Callable[[Navigation], Awaitable[MessageT]]",
    view: "Callable[[MessageT], Iterable[RenderableType]]",
    chart: "Callable[[MessageT, SystemGraph], Chart]",
    terminal: Terminal,
    *,
    navigation: str,
    ship: str,
    svg: str | None,
) -> None:
    """Show what `plan` is answered, as `view` has it; draw its `chart` into the file `svg`, on the map about `ship`."""

    async def body(fleet: "Fleet") -> "tuple[MessageT, SystemGraph | None]":
        response = await plan(fleet.navigation)
        return response, await fleet.navigation.system_map(ship) if svg else None

    response, graph = run(body, terminal, navigation=navigation)
    terminal.answer(response, view)
    if svg and graph:
        from cli.charts import save

        save(terminal, svg, chart(response, graph))


def fly(
    start: "Callable[[Follower, Navigation], Awaitable[object]]",
    ships: Sequence[str],
    terminal: Terminal,
    *,
    navigation: str,
) -> None:
    """Start and follow voyages of these ships. Ctrl-C ends the following, and says what has become of them."""
    from cli.following import Follower

    follower = Follower(terminal)
    try:
        run(lambda fleet: start(follower, fleet.navigation), terminal, navigation=navigation)
    except KeyboardInterrupt:
        raise follower.interrupted() or perhaps_accepted(ships) from None
