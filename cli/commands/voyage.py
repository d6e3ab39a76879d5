"""`spacetraders voyage …`: what flies, what flew, and how it ended."""

from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import CliError, worst_of
from cli.exit_codes import ExitCode
from cli.options import (
    DEFAULT_NAVIGATION_ADDRESS,
    DEFAULT_PLAYER_ADDRESS,
    NavigationAddress,
    Output,
    PlayerAddress,
    VoyageKey,
    VoyageKeys,
    WhoseShips,
    upper,
)
from cli.parsing import ship_symbols
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from cli.fleet import Fleet
    from protos.navigation.v1.navigation_service_pb2 import GetVoyageResponse, ListVoyagesResponse

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Voyages: routes being flown, or flown.")


class StateChoice(StrEnum):
    PLANNED = "PLANNED"
    UNDER_WAY = "UNDER_WAY"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


@app.command("list")
def list_voyages(
    agent: WhoseShips = None,
    ship: Annotated[
        str | None, typer.Option("--ship", metavar="SHIP", callback=upper, help="Only this ship's voyages.")
    ] = None,
    states: Annotated[
        list[StateChoice] | None, typer.Option("--state", case_sensitive=False, help="Only these; may be repeated.")
    ] = None,
    active: Annotated[bool, typer.Option("--active", help="Only those that are not over yet.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=0, help="The newest so many; 0 for all.")] = 50,
    output: Output = None,
    player: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Voyages, newest first: state, progress, ETA, who works on them, and the last error."""
    wanted = [*(states or ()), *((StateChoice.PLANNED, StateChoice.UNDER_WAY) if active else ())]

    async def body(fleet: "Fleet") -> "ListVoyagesResponse":
        # A ship's symbol names its player already.
        whose = "" if ship else agent or await fleet.players.only_one()
        return await fleet.navigation.list_voyages(
            agent_symbol=whose, ship_symbol=ship or "", states=list(dict.fromkeys(wanted)), limit=limit
        )

    terminal = Terminal(output)
    response = run(body, terminal, player=player, navigation=navigation)
    from cli.render.voyages import voyage_table

    terminal.answer(response, partial(voyage_table, now=datetime.now(UTC)))


@app.command("show")
def show_voyage(
    voyage: VoyageKey, output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS
) -> None:
    """One voyage: its state, who works on it, its route and its last error."""

    async def body(fleet: "Fleet") -> "GetVoyageResponse":
        return await fleet.navigation.get_voyage(await fleet.navigation.voyage_id_of(voyage))

    terminal = Terminal(output)
    response = run(body, terminal, navigation=navigation)
    terminal.answer(response, _view)


@app.command("watch")
def watch_voyage(
    voyage: VoyageKey,
    after: Annotated[int, typer.Option("--after", min=0, max=2**63 - 1, help="Begin after this event number.")] = 0,
    output: Output = None,
    navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS,
) -> None:
    """Follow a voyage to its end. Ctrl-C only ends the watch; the exit code tells how the voyage ended."""
    from cli.following import Follower

    terminal = Terminal(output)
    follower = Follower(terminal)
    try:
        run(lambda fleet: follower.resume(fleet.navigation, voyage, after), terminal, navigation=navigation)
    except KeyboardInterrupt:
        interrupted = follower.interrupted()
        if interrupted is None:
            raise
        raise interrupted from None


@app.command("cancel")
def cancel_voyages(
    voyages: VoyageKeys, output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS
) -> None:
    """End voyages. A ship in transit flies on to its next waypoint, and is free for a new voyage.

    One that cannot be cancelled does not keep the others from it.
    """
    keys = ship_symbols("VOYAGE", voyages)
    terminal = Terminal(output)

    async def body(fleet: "Fleet") -> None:
        from cli.render.voyages import cancelled_view

        failures: list[CliError] = []
        for key in keys:
            try:
                cancelled = await fleet.navigation.cancel_voyage(await fleet.navigation.voyage_id_of(key))
            except CliError as error:
                if error.exit_code is ExitCode.UNREACHABLE:
                    raise
                failures.append(error)
            else:
                terminal.answer(cancelled, lambda answer: cancelled_view(answer.voyage))
        if failures:
            raise worst_of(failures, len(keys), "cannot be cancelled")

    run(body, terminal, navigation=navigation)


def _view(response: "GetVoyageResponse") -> "Iterator[RenderableType]":
    from cli.render.voyages import voyage_view

    return voyage_view(response.voyage, datetime.now(UTC))
