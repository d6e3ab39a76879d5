"""Voyages: the list an operator trusts (state, progress, ETA, owner, last error), one in full, and its start."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from cli.hints import hint_for
from cli.journey import Journey
from cli.render.routes import route_view
from cli.render.tables import sheet, table
from cli.render.text import NOTHING, clock_text, counted, duration_text, moment_text, name_of, plain
from protos.navigation.v1.navigation_pb2 import Voyage
from protos.navigation.v1.navigation_service_pb2 import ListVoyagesResponse

_ACTIVE = frozenset({Voyage.STATE_PLANNED, Voyage.STATE_UNDER_WAY})


def voyage_table(response: ListVoyagesResponse, now: datetime) -> Iterator[RenderableType]:
    if not response.voyages:
        yield "No voyages. Start one: spacetraders navigate SHIP DEST"
        return
    yield table(
        ("VOYAGE", "SHIP", "STATE", "SINCE", "DESTINATION", "STEP", "ETA", "OWNER", "LAST ERROR"),
        [_row(voyage, now) for voyage in response.voyages],
        right=("STEP",),
        prose=("LAST ERROR",),
    )
    if response.next_page_token:
        yield "There are older voyages: raise --limit to see them, 0 for all."


def _row(voyage: Voyage, now: datetime) -> tuple[str, ...]:
    return (
        plain(voyage.voyage_id),
        plain(voyage.ship_symbol),
        state_text(voyage),
        clock_text(voyage.create_time, now),
        _whither_text(voyage),
        f"{min(voyage.step_index, len(voyage.route.steps))}/{len(voyage.route.steps)}",
        _end_text(voyage, now),
        plain(voyage.owner),
        plain(voyage.failure.reason or voyage.last_error),
    )


def voyage_view(voyage: Voyage, now: datetime) -> Iterator[RenderableType]:
    """Everything that is known of one voyage."""
    yield sheet(_facts(voyage, now))
    if voyage.failure.reason:
        yield Text(f"{plain(voyage.failure.reason)}: {plain(voyage.failure.message)}", style="red")
        hint = hint_for(voyage.failure.reason, {"voyage_id": voyage.voyage_id, **voyage.failure.metadata})
        if hint:
            yield f"Next: {hint}"
    if is_tour(voyage):
        yield ""
        yield _stops_table(voyage, now)
    yield ""
    if is_active(voyage) and voyage.repeat and not voyage.route.steps:
        yield f"Round {voyage.round} is planned when it begins: {moment_text(voyage.next_action_time, now)}"
        return
    yield from route_view(voyage.route, step_index=voyage.step_index if is_active(voyage) else None)


def _facts(voyage: Voyage, now: datetime) -> Iterator[tuple[str, str]]:
    yield ("voyage", plain(voyage.voyage_id))
    yield ("ship", plain(voyage.ship_symbol))
    yield ("state", state_text(voyage))
    yield ("destination", _whither_text(voyage))
    yield ("eta" if is_active(voyage) else "ended", _end_text(voyage, now))
    if is_active(voyage):
        yield ("next action", moment_text(voyage.next_action_time, now))
        yield ("owner", _owner_text(voyage, now))
        yield ("attempt", str(voyage.attempt))
    if voyage.last_error:
        yield ("last error", plain(voyage.last_error))
    yield ("created", clock_text(voyage.create_time, now))
    yield ("updated", clock_text(voyage.update_time, now))
    yield ("events", str(voyage.last_event_number))


def accepted_view(voyage: Voyage, now: datetime) -> Iterator[RenderableType]:
    """What is to be known before departure: modes, fuel, stops, legs and the ETA."""
    title = f"{plain(voyage.ship_symbol)} flies to {destination_of(voyage)}: voyage {plain(voyage.voyage_id)}"
    yield Text(title, style="bold")
    yield from route_view(voyage.route)
    if voyage.eta.ByteSize() and is_active(voyage):
        yield f"ETA {moment_text(voyage.eta, now)}"


def completed_text(voyage: Voyage, journey: Journey) -> Text:
    """`ASTRA-1 is at X1-AB12-C3: 3 legs, 1 refuel stop (+420 fuel), 8 min 20 s.`"""
    if not journey.legs:
        return Text(f"{plain(voyage.ship_symbol)} is at {destination_of(voyage)}.", style="bold green")
    tour = f"{counted(len(voyage.stops), 'stop')} visited, " if is_tour(voyage) else ""
    stops = f", {counted(journey.refuels, 'refuel stop')} (+{journey.fuel_added} fuel)" if journey.refuels else ""
    return Text(
        f"{plain(voyage.ship_symbol)} is at {destination_of(voyage)}: {tour}{counted(journey.legs, 'leg')}{stops}, "
        f"{duration_text(journey.seconds)}.",
        style="bold green",
    )


def cancelled_view(voyage: Voyage) -> Iterator[RenderableType]:
    """What a cancellation did: ended at once, or asked for."""
    if voyage.state == Voyage.STATE_CANCELLED:
        yield f"Voyage {plain(voyage.voyage_id)} is cancelled."
    else:
        yield f"Voyage {plain(voyage.voyage_id)} will end after the call in hand."
    yield f"Where the ship is: spacetraders ship show {plain(voyage.ship_symbol)} --refresh"


def state_text(voyage: Voyage) -> str:
    state = name_of(Voyage.State.Name, voyage.state)
    return f"{state} (cancelling)" if voyage.cancel_requested and is_active(voyage) else state


def is_active(voyage: Voyage) -> bool:
    return voyage.state in _ACTIVE


def is_tour(voyage: Voyage) -> bool:
    return len(voyage.stops) > 1


def visited_count(voyage: Voyage) -> int:
    """How many stops of the present round are behind it."""
    return sum(bool(stop.visit_time.ByteSize()) for stop in voyage.stops)


def destination_of(voyage: Voyage) -> str:
    """Where the ship is to be in the end."""
    last_stop = voyage.stops[-1].waypoint_symbol if voyage.stops else ""
    return plain(voyage.home_waypoint_symbol or last_stop or voyage.route.destination)


def _whither_text(voyage: Voyage) -> str:
    """`X1-AB12-C3`; of a tour also `(3 of 8 stops, round 2)`."""
    if not is_tour(voyage):
        return destination_of(voyage)
    round_text = f", round {voyage.round}" if voyage.repeat else ""
    return f"{destination_of(voyage)} ({visited_count(voyage)} of {len(voyage.stops)} stops{round_text})"


def _stops_table(voyage: Voyage, now: datetime) -> RenderableType:
    rows = [
        (str(number), plain(stop.waypoint_symbol), clock_text(stop.visit_time, now))
        for number, stop in enumerate(voyage.stops, start=1)
    ]
    return table(("STOP", "WAYPOINT", "VISITED"), rows, right=("STOP",))


def _end_text(voyage: Voyage, now: datetime) -> str:
    return moment_text(voyage.eta if is_active(voyage) else voyage.end_time, now)


def _owner_text(voyage: Voyage, now: datetime) -> str:
    if not voyage.owner:
        return NOTHING
    return f"{plain(voyage.owner)}, lease until {clock_text(voyage.lease_expire_time, now)}"
