"""From the game's JSON to ships, waypoints and markets.

What we do not know is ignored, and whatever can be done without may be missing.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

from navigation_service.adapters.game_http import Answer
from navigation_service.application.ports import ChartedWaypoint
from navigation_service.domain.outcome import Done
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.physics import FlightMode
from shared_kernel.symbols import WaypointSymbol, is_symbol

FUEL = "FUEL"
# A Date header tells whole seconds; clocks that agree this well are taken to be one.
_SAME_CLOCK = timedelta(seconds=1.5)
_HALF_A_SECOND = timedelta(seconds=0.5)
# Until the next look, where a ship is in transit and the game does not say until when.
_UNTOLD_FLIGHT = timedelta(seconds=5)
# Of every ship seen so far the slowest; only estimates and the choice of modes depend on it.
_UNTOLD_SPEED = 9
# Where fuel was on sale at most or all waypoints of the type, measured over 595 waypoints of seven systems.
_TYPES_THAT_SELL_FUEL = frozenset(
    {
        "PLANET",
        "MOON",
        "ORBITAL_STATION",
        "FUEL_STATION",
        "ASTEROID_BASE",
        "ENGINEERED_ASTEROID",
        "JUMP_GATE",
    }
)
_LARGEST_INTEGER = 2**31 - 1

Json = Mapping[str, Any]


class UnreadableAnswerError(Exception):
    """The answer lacks what cannot be done without."""


def as_object(value: Any) -> Json:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """The value if it is text that can be kept and sent on: databases and messages take less than JSON does."""
    return value if isinstance(value, str) and value.isprintable() else ""


def as_whole(value: Any) -> int | None:
    """A number as an integer that fits into a message field; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return max(-_LARGEST_INTEGER, min(_LARGEST_INTEGER, int(value)))


def as_time(value: Any) -> datetime | None:
    """An ISO 8601 time stamp, with or without fractions of a second; in UTC unless it says otherwise."""
    try:
        moment = datetime.fromisoformat(as_text(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def server_now(answer: Answer) -> datetime:
    """The game's present time: our own where the two clocks agree, since a Date header is coarse."""
    local, date = answer.receive_time, answer.date
    return local if date is None or abs(local - date - _HALF_A_SECOND) <= _SAME_CLOCK else date


def read_ship(data: Any, now: datetime) -> Ship:
    """A ship of the game; `now` is the game's own time. Raises UnreadableAnswerError."""
    body = as_object(data)
    symbol, frame = as_text(body.get("symbol")), as_object(body.get("frame"))
    if not is_symbol(symbol):
        raise UnreadableAnswerError("a ship without a symbol")
    speed = as_whole(as_object(body.get("engine")).get("speed"))
    return Ship(
        ship_symbol=symbol,
        engine_speed=max(1, _UNTOLD_SPEED if speed is None else speed),
        role=as_text(as_object(body.get("registration")).get("role")),
        frame=as_text(frame.get("symbol")),
        **_tank_fields(as_object(body.get("fuel")), as_whole(frame.get("fuelCapacity")) or 0),
        **_nav_fields(as_object(body.get("nav")), now),
    )


def read_effect(action: GameAction, ship: Ship, answer: Answer) -> Done:
    """What a successful answer to an action says of the ship. Raises UnreadableAnswerError."""
    data = as_object(as_object(answer.body).get("data"))
    nav = as_object(data.get("nav")) or (data if "waypointSymbol" in data else {})
    fuel = as_object(data.get("fuel"))
    if not (fuel if action is GameAction.REFUEL else nav):
        raise UnreadableAnswerError(f"the answer to {action.value} does not tell what became of the ship")
    if nav:
        # A ship that has just departed tells the game's time better than any header.
        departure = as_time(_departure(as_object(nav.get("route")))) if action is GameAction.NAVIGATE else None
        ship = replace(ship, **_nav_fields(nav, departure or server_now(answer)))
    if fuel:
        ship = replace(ship, **_tank_fields(fuel, ship.fuel_capacity))
    return Done(ship, as_whole(as_object(data.get("transaction")).get("totalPrice")))


def read_waypoint(item: Json) -> ChartedWaypoint | None:
    """None if the item has no place, or no name."""
    symbol, x, y = as_text(item.get("symbol")), as_whole(item.get("x")), as_whole(item.get("y"))
    if not is_symbol(symbol) or x is None or y is None:
        return None
    kind = as_text(item.get("type"))
    if not isinstance(item.get("traits"), list):
        return ChartedWaypoint(symbol, x, y, kind in _TYPES_THAT_SELL_FUEL, charted=False)
    traits = _symbols(item["traits"])
    marketplace = "MARKETPLACE" in traits or kind == "FUEL_STATION"
    return ChartedWaypoint(symbol, x, y, marketplace, charted="UNCHARTED" not in traits)


def read_fuel_sale(data: Any) -> bool | None:
    """Whether a market sells FUEL; None if it does not say. What it imports can be bought where it has a price."""
    market = as_object(data)
    if FUEL in _symbols(market.get("exchange")) | _symbols(market.get("exports")):
        return True
    on_offer = [good for good in as_objects(market.get("tradeGoods")) if good.get("symbol") == FUEL]
    if any(as_whole(good.get("purchasePrice")) for good in on_offer):
        return True
    told = any(isinstance(market.get(name), list) for name in ("exchange", "exports"))
    return False if told and FUEL not in _symbols(market.get("imports")) else None


def _symbols(items: Any) -> set[str]:
    """Of a list of objects with symbols, or of bare symbols."""
    listed = items if isinstance(items, list) else []
    return {as_text(as_object(item).get("symbol")) or as_text(item) for item in listed}


def _nav_fields(nav: Json, now: datetime) -> dict[str, Any]:
    route = as_object(nav.get("route"))
    waypoint = as_text(nav.get("waypointSymbol")) or as_text(as_object(route.get("destination")).get("symbol"))
    status = as_text(nav.get("status"))
    if not is_symbol(waypoint) or status not in NavStatus.__members__:
        raise UnreadableAnswerError("a ship without a place or a known nav status")
    departure, arrival = as_time(_departure(route)), as_time(route.get("arrival"))
    mode = as_text(nav.get("flightMode"))
    return {
        "system_symbol": as_text(nav.get("systemSymbol")) or WaypointSymbol(waypoint).system_symbol,
        "waypoint_symbol": waypoint,
        "nav_status": NavStatus(status),
        "flight_mode": FlightMode(mode) if mode in FlightMode.__members__ else FlightMode.CRUISE,
        "origin_waypoint_symbol": as_text(_origin(route).get("symbol")),
        "departure_time": departure,
        "arrival_time": arrival,
        "arrival_in": _time_left(departure, arrival, now) if status == "IN_TRANSIT" else timedelta(0),
    }


def _time_left(departure: datetime | None, arrival: datetime | None, now: datetime) -> timedelta:
    """Until a ship that is in transit arrives: as far as the stamps and the clock go together, an estimate if not."""
    if arrival is None:
        return _UNTOLD_FLIGHT
    if arrival < now:
        # It should have arrived: the longer ago that was, the less we know of the game's time, and the later we ask.
        return min((now - arrival) / 10, _UNTOLD_FLIGHT)
    left = arrival - now
    return left if departure is None else min(left, max(arrival - departure, timedelta(0)))


def _origin(route: Json) -> Json:
    # `departure` was the origin's name before 2024.
    return as_object(route.get("origin")) or as_object(route.get("departure"))


def _departure(route: Json) -> Any:
    return route.get("departureTime", route.get("departure"))


def _tank_fields(fuel: Json, capacity_known: int) -> dict[str, Any]:
    """The game has been seen to report more fuel than fits: that is cut off, and not taken for the truth."""
    told, current = as_whole(fuel.get("capacity")), as_whole(fuel.get("current")) or 0
    capacity = max(0, capacity_known if told is None else told)
    return {
        "fuel": max(0, min(current, capacity)),
        "fuel_capacity": capacity,
        "overfull": current > capacity,
    }
