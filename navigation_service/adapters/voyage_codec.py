"""Voyages and their events as JSON text, for the columns that no query looks into.

Moments are microseconds since the epoch. Readers ignore keys that they do not know and take the domain's default
for a key that is missing, so that rows of an earlier release can be read.
"""

import json
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar, get_args, get_type_hints

from navigation_service.adapters.tables import from_microseconds, to_microseconds
from navigation_service.domain.events import (
    Accepted,
    Arrived,
    Departed,
    Ended,
    EventDetail,
    Failure,
    Refuelled,
    Replanned,
    RoundCompleted,
    Waiting,
)
from navigation_service.domain.route import Navigate, Objective, Refuel, Route, RouteOptions, Step
from navigation_service.domain.voyage import GameAction, Intent, Stop, Voyage
from shared_kernel.physics import FlightMode

Json = dict[str, Any]
_T = TypeVar("_T")

# They have columns, or are not kept at all.
_ELSEWHERE = frozenset(
    [
        "voyage_id",
        "player_id",
        "agent_symbol",
        "ship_symbol",
        "universe",
        "state",
        "create_time",
        "update_time",
        "end_time",
        "next_action_time",
        "cancel_requested",
        "last_event_number",
        "lease",
        "pending_events",
    ]
)
_IN_BODY = tuple(field.name for field in fields(Voyage) if field.name not in _ELSEWHERE)
_MOMENTS = frozenset(name for name, hint in get_type_hints(Voyage).items() if datetime in (hint, *get_args(hint)))


def encode(value: Json) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def voyage_body(voyage: Voyage) -> str:
    """All of a voyage that has no column; what is None is left out."""
    values = {name: getattr(voyage, name) for name in _IN_BODY}
    return encode({name: _field(name, value) for name, value in values.items() if value is not None})


def voyage_fields(text: str) -> Json:
    """The keyword arguments of Voyage that `voyage_body` put into the text."""
    body = json.loads(text)
    return {name: _to_field(name, body[name]) for name in _IN_BODY if name in body}


def _field(name: str, value: Any) -> Any:
    match name:
        case "stops":
            return [_stop(stop) for stop in value]
        case "options":
            return _options(value)
        case "route":
            return _route(value)
        case "failure":
            return _failure(value)
        case "intent":
            return _intent(value)
        case _:
            return to_microseconds(value) if name in _MOMENTS else value


def _to_field(name: str, value: Any) -> Any:
    match name:
        case "stops":
            return tuple(_to_stop(stop) for stop in value)
        case "options":
            return _to_options(value)
        case "route":
            return _to_route(value)
        case "failure":
            return _to_failure(value)
        case "intent":
            return _to_intent(value)
        case _ if isinstance(value, list):
            return tuple(value)
        case _:
            return from_microseconds(value) if name in _MOMENTS else value


def detail_body(detail: EventDetail) -> Json:
    """One key, which names the kind of detail."""
    match detail:
        case Accepted(route=route):
            return {"accepted": {"route": _route(route)}}
        case Replanned(route=route, cause=cause):
            return {"replanned": {"route": _route(route), "cause": cause}}
        case Departed():
            departed = vars(detail) | {
                "flight_mode": detail.flight_mode.value,
                "arrival_time": to_microseconds(detail.arrival_time),
            }
            return {"departed": departed}
        case Arrived():
            return {"arrived": dict(vars(detail))}
        case Refuelled():
            return {"refuelled": dict(vars(detail))}
        case Waiting(until=until, cause=cause):
            return {"waiting": {"until": to_microseconds(until), "cause": cause}}
        case RoundCompleted():
            return {"round_completed": dict(vars(detail))}
        case Ended(failure=failure):
            return {"ended": {} if failure is None else {"failure": _failure(failure)}}


def to_detail(body: Json) -> EventDetail:
    (kind, values), *_ = body.items()
    match kind:
        case "accepted":
            return Accepted(_to_route(values["route"]))
        case "replanned":
            return Replanned(_to_route(values["route"]), values["cause"])
        case "departed":
            mode, arrival = FlightMode(values["flight_mode"]), from_microseconds(values["arrival_time"])
            return _made(Departed, values, flight_mode=mode, arrival_time=arrival)
        case "arrived":
            return _made(Arrived, values)
        case "refuelled":
            return _made(Refuelled, values)
        case "waiting":
            return Waiting(from_microseconds(values["until"]), values["cause"])
        case "round_completed":
            return _made(RoundCompleted, values)
        case "ended":
            return Ended(_to_failure(values["failure"]) if "failure" in values else None)
        case _:
            raise ValueError(f"unknown kind of event detail: {kind}")


def _made(kind: type[_T], body: Json, **converted: Any) -> _T:
    """A dataclass from those keys that it knows."""
    known = {field.name for field in fields(kind)}  # type: ignore[arg-type]  # every kind here is a dataclass
    return kind(**{key: value for key, value in (body | converted).items() if key in known})


def _route(route: Route) -> Json:
    return vars(route) | {"steps": [_step(step) for step in route.steps]}


def _to_route(body: Json) -> Route:
    return _made(Route, body, steps=tuple(_to_step(step) for step in body["steps"]))


def _step(step: Step) -> Json:
    match step:
        case Navigate():
            return vars(step) | {"flight_mode": step.flight_mode.value}
        case Refuel():
            return dict(vars(step))


def _to_step(body: Json) -> Step:
    if "flight_mode" in body:
        return _made(Navigate, body, flight_mode=FlightMode(body["flight_mode"]))
    return _made(Refuel, body)


def _options(options: RouteOptions) -> Json:
    modes = [mode.value for mode in options.allowed_flight_modes]
    return vars(options) | {"allowed_flight_modes": modes, "objective": options.objective.value}


def _to_options(body: Json) -> RouteOptions:
    modes = tuple(FlightMode(mode) for mode in body["allowed_flight_modes"])
    return _made(RouteOptions, body, allowed_flight_modes=modes, objective=Objective(body["objective"]))


def _stop(stop: Stop) -> Json:
    visit_time = {} if stop.visit_time is None else {"visit_time": to_microseconds(stop.visit_time)}
    return {"waypoint_symbol": stop.waypoint_symbol} | visit_time


def _to_stop(body: Json) -> Stop:
    visited = body.get("visit_time")
    return Stop(body["waypoint_symbol"], None if visited is None else from_microseconds(visited))


def _intent(intent: Intent) -> Json:
    return vars(intent) | {"action": intent.action.value, "settle_time": to_microseconds(intent.settle_time)}


def _to_intent(body: Json) -> Intent:
    settle_time = from_microseconds(body["settle_time"])
    return _made(Intent, body, action=GameAction(body["action"]), settle_time=settle_time)


def _failure(failure: Failure) -> Json:
    return vars(failure) | {"metadata": dict(failure.metadata)}


def _to_failure(body: Json) -> Failure:
    return Failure(body["reason"], body["message"], tuple(body["metadata"].items()))
