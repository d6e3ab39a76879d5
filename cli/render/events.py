"""One line for each event of a voyage."""

from datetime import datetime

from rich.text import Text

from cli.render.routes import route_summary
from cli.render.text import clock_text, duration_text, moment_text, name_of, plain, seconds_until
from protos.navigation.v1.navigation_pb2 import Voyage, VoyageEvent
from protos.routing.v1.routing_pb2 import FlightMode
from service_chassis.wire import timestamp_to_datetime

_STYLES = {Voyage.STATE_COMPLETED: "green", Voyage.STATE_FAILED: "red", Voyage.STATE_CANCELLED: "yellow"}


def event_line(event: VoyageEvent, now: datetime) -> Text:
    """`14:03:22  arrived at X1-AB12-C3, 190 fuel left`."""
    return Text(f"{clock_text(event.time, now)}  {event_text(event, now)}", style=_STYLES.get(event.state, ""))


def event_text(event: VoyageEvent, now: datetime) -> str:
    match event.WhichOneof("detail"):
        case "accepted":
            return "accepted"
        case "departed":
            return _departed_text(event, now)
        case "arrived":
            return f"arrived at {plain(event.arrived.waypoint)}, {event.arrived.fuel} fuel left"
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


def _departed_text(event: VoyageEvent, now: datetime) -> str:
    departed = event.departed
    mode = name_of(FlightMode.Name, departed.flight_mode)
    flight = duration_text(seconds_until(departed.arrival_time, timestamp_to_datetime(event.time)))
    return (
        f"departed {plain(departed.from_waypoint)} for {plain(departed.to_waypoint)} in {mode}, "
        f"{departed.fuel} fuel left, arrives {clock_text(departed.arrival_time, now)} after {flight}"
    )


def _refuelled_text(refuelled: VoyageEvent.Refuelled) -> str:
    price = f" for {refuelled.credits} credits" if refuelled.HasField("credits") else ""
    return f"refuelled at {plain(refuelled.waypoint)}: +{refuelled.fuel_added} fuel{price}"


def _ended_text(event: VoyageEvent) -> str:
    state = name_of(Voyage.State.Name, event.state).lower()
    failure = event.ended.failure
    return f"{state}: {plain(failure.reason)}, {plain(failure.message)}" if failure.reason else state
