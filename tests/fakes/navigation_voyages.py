"""Voyages to test with: a plain one, and one in which every field says something."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
    VoyageEvent,
    VoyageState,
    Waiting,
)
from navigation_service.domain.route import Navigate, Objective, Refuel, Route, RouteOptions
from navigation_service.domain.voyage import GameAction, Intent, Stop, Voyage
from shared_kernel.identifiers import uuid7
from shared_kernel.physics import FlightMode

UNIVERSE = "fake.game/2026-11-01"
START = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

ROUTE = Route(
    origin="X1-AA1-A1",
    destination="X1-AA1-C3",
    steps=(
        Navigate("X1-AA1-A1", "X1-AA1-B2", FlightMode.CRUISE, 120, 98_000_000_000, 119.6),
        Refuel("X1-AA1-B2", 120),
        Navigate("X1-AA1-B2", "X1-AA1-C3", FlightMode.BURN, 400, 84_000_000_000, 200.0),
    ),
    duration=182_000_000_000,
    fuel_consumed=520,
    distance=319.6,
    fuel_at_arrival=0,
)

EVERY_DETAIL: tuple[EventDetail, ...] = (
    Accepted(ROUTE),
    Replanned(ROUTE, "the ship is at X1-AA1-B2"),
    Departed("X1-AA1-A1", "X1-AA1-B2", FlightMode.DRIFT, START + timedelta(seconds=98), 280),
    Arrived("X1-AA1-B2", 280),
    Refuelled("X1-AA1-B2", 120, 144),
    Refuelled("X1-AA1-B2", 120, None),
    Waiting(START + timedelta(seconds=5), "der Markt schläft ☄"),
    RoundCompleted(3),
    Ended(None),
    Ended(Failure("NO_ROUTE", "no route", (("cause", "FUEL_TOO_LOW"), ("origin", "X1-AA1-A1")))),
)


def a_voyage(
    number: int = 1,
    *,
    ship_symbol: str = "ACE-1",
    player_id: int = 1,
    due_in: float = 0.0,
    now: datetime = START,
    universe: str = UNIVERSE,
) -> Voyage:
    """An accepted voyage over ROUTE; a larger number makes a newer voyage_id."""
    return Voyage(
        voyage_id=uuid7(now + timedelta(milliseconds=number), number),
        player_id=player_id,
        agent_symbol=ship_symbol.rpartition("-")[0],
        ship_symbol=ship_symbol,
        universe=universe,
        system_symbol="X1-AA1",
        stops=(Stop(ROUTE.destination),),
        options=RouteOptions(),
        route=ROUTE,
        create_time=now,
        update_time=now,
        next_action_time=now + timedelta(seconds=due_in),
    )


def telling(voyage: Voyage, *details: EventDetail) -> Voyage:
    """The voyage with further events to be stored."""
    first = voyage.last_event_number + 1
    events = tuple(
        VoyageEvent(number, voyage.voyage_id, voyage.update_time, voyage.state, voyage.step_index, "told", detail)
        for number, detail in enumerate(details, first)
    )
    return replace(
        voyage,
        pending_events=(*voyage.pending_events, *events),
        last_event_number=voyage.last_event_number + len(events),
    )


def full_of_facts(voyage: Voyage) -> Voyage:
    """The voyage with a value of its own in every field, but for what its lease and its row decide."""
    later = voyage.update_time + timedelta(seconds=7, microseconds=1)
    changes: dict[str, Any] = {
        "stops": (Stop("X1-AA1-B2", later), Stop("X1-AA1-C3")),
        "options": RouteOptions((FlightMode.STEALTH,), 1_000, 2_000, Objective.LEAST_FUEL),
        "update_time": later,
        "next_action_time": later + timedelta(hours=1),
        "state": VoyageState.UNDER_WAY,
        "step_index": 2,
        "repeat": True,
        "round": 3,
        "round_start_time": later - timedelta(hours=1),
        "keep_order": True,
        "home": "X1-AA1-A1",
        "eta": later + timedelta(hours=2),
        "failure": Failure("REPLAN_LOOP", "so schön", (("waypoint", "X1-AA1-B2"),)),
        "intent": Intent(GameAction.NAVIGATE, "X1-AA1-C3", 2, "X1-AA1-B2", 400, 1, later + timedelta(seconds=6)),
        "departed": True,
        "replanned_at": ("X1-AA1-B2", 280),
        "doubts_physics": True,
        "attempt": 2,
        "setbacks": 4,
        "waiting_cause": "the game does not answer",
        "last_error": "the game refused (4203): no fuel",
        "request_id": "one-two",
    }
    known = {field.name for field in fields(Voyage)}
    return replace(voyage, **{name: value for name, value in changes.items() if name in known})
