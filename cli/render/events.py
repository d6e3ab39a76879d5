"""One line for each event of a voyage."""

from datetime import datetime

from rich.text import Text

from cli.render.routes import route_summary
from cli.render.text import clock_text, duration_text, moment_text, name_of, plain, seconds_until
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent
from protos.routing.v1.routing_pb2 import FlightMode
from service_chassis.wire import timestamp_to_datetime

_STYLES = {Voyage.STATE_COMPLETED: "green", Voyage.STATE_FAILED: "red", Voyage.STATE_CANCELLED: "yellow"}


def event_line(event: VoyageEvent, now: datetime, *, has_tank: bool = True) -> Text:
    """`14:03:22  arrived at X1-AB12-C3, 190 fuel left`; nothing about fuel for a ship without a tank."""
    words = event_text(event, now, has_tank=has_tank)
    return Text(f"{clock_text(event.time, now)}  {words}", style=_STYLES.get(event.state, ""))


def event_text(event: VoyageEvent, now: datetime, *, has_tank: bool = True) -> str:
    match event.WhichOneof("detail"):
        case "accepted":
            return "accepted"
        case "departed":
            return _departed_text(event, now, has_tank=has_tank)
        case "arrived":
            return f"arrived at {plain(event.arrived.waypoint)}{_left_text(event.arrived.fuel, has_tank=has_tank)}"
        case "refuelled":
            return _refuelled_text(event.refuelled)
        case "waiting":
            return f"waiting until {moment_text(event.waiting.until, now)}: {plain(event.waiting.cause)}"
        case "replanned":
            summary = route_summary(event.replanned.route) if event.replanned.route.steps else "nothing left to fly"
            return f"replanned ({plain(event.replanned.cause)}): {summary}"
        case "round_completed":
            return f"round {event.round_completed.round} completed"
        case "ended":
            return _ended_text(event)
        case _:
            return plain(event.message)


def _departed_text(event: VoyageEvent, now: datetime, *, has_tank: bool) -> str:
    departed = event.departed
    mode = name_of(FlightMode.Name, departed.flight_mode)
    flight = duration_text(seconds_until(departed.arrival_time, timestamp_to_datetime(event.time)))
    left = _left_text(departed.fuel, has_tank=has_tank)
    return (
        f"departed {plain(departed.from_waypoint)} for {plain(departed.to_waypoint)} in {mode}{left}, "
        f"arrives {clock_text(departed.arrival_time, now)} after {flight}"
    )


def _left_text(fuel: int, *, has_tank: bool) -> str:
    return f", {fuel} fuel left" if has_tank else ""


def _refuelled_text(refuelled: VoyageEvent.Refuelled) -> str:
    price = f" for {refuelled.credits} credits" if refuelled.HasField("credits") else ""
    return f"refuelled at {plain(refuelled.waypoint)}: +{refuelled.fuel_added} fuel{price}"


def _ended_text(event: VoyageEvent) -> str:
    state = name_of(Voyage.State.Name, event.state).lower()
    failure = event.ended.failure
    return f"{state}: {plain(failure.reason)}, {plain(failure.message)}" if failure.reason else state
