"""What is made of the game's JSON: servers that are older, laxer or simply odd must not stop a ship."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigation_service.adapters.game_http import Answer
from navigation_service.adapters.game_reading import (
    UnreadableAnswerError,
    read_effect,
    read_fuel_sale,
    read_ship,
    read_waypoint,
    server_now,
)
from navigation_service.application.ports import ChartedWaypoint
from navigation_service.domain.outcome import Done
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.physics import FlightMode
from tests.integration.navigation_adapters.odd_game import SHIP, nav_json, route_json, ship_json

NOW = datetime(2026, 11, 23, 12, 0, 20, tzinfo=UTC)
DEPARTURE = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
ARRIVAL = datetime(2026, 11, 23, 12, 1, 0, tzinfo=UTC)
READ_SHIP = Ship(
    ship_symbol="ACE-1",
    system_symbol="X1-AA1",
    waypoint_symbol="X1-AA1-B2",
    nav_status=NavStatus.DOCKED,
    flight_mode=FlightMode.CRUISE,
    fuel=300,
    fuel_capacity=400,
    engine_speed=36,
    origin_waypoint_symbol="X1-AA1-A1",
    departure_time=DEPARTURE,
    arrival_time=ARRIVAL,
    role="COMMAND",
    frame="FRAME_FRIGATE",
)


KEYS = ("symbol", "nav", "route", "fuel", "current", "frame", "status", "waypointSymbol", "arrival", "origin")
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["IN_TRANSIT", "X1-AA1-A1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
)


def without(mapping: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key not in keys}


def with_route(**changes: Any) -> dict[str, Any]:
    return ship_json(nav=nav_json(route=route_json(**changes), status="IN_TRANSIT"))


def answered(data: Any, *, date: datetime | None = None) -> Answer:
    return Answer(200, {"data": data}, NOW, date)


class TestShips:
    def test_reads_a_ship_whatever_else_is_in_it(self) -> None:
        assert read_ship(ship_json(crew={"morale": 100}, cargo=None, cooldown={}, newKey=[1]), NOW) == READ_SHIP

    @pytest.mark.parametrize(
        ("data", "expected"),
        [
            (without(ship_json(), "registration"), replace(READ_SHIP, role="")),
            (without(ship_json(), "frame"), replace(READ_SHIP, frame="")),
            (without(ship_json(), "engine"), replace(READ_SHIP, engine_speed=9)),
            (ship_json(engine={"speed": 0}), replace(READ_SHIP, engine_speed=1)),
            (ship_json(fuel={"current": 300}), READ_SHIP),
            (without(ship_json(), "fuel"), replace(READ_SHIP, fuel=0)),
            (without(ship_json(), "fuel", "frame"), replace(READ_SHIP, fuel=0, fuel_capacity=0, frame="")),
            (ship_json(fuel={"current": 407, "capacity": 400}), replace(READ_SHIP, fuel=400, overfull=True)),
            (ship_json(fuel={"current": -1, "capacity": 400}), replace(READ_SHIP, fuel=0)),
            (ship_json(fuel={"current": 300.0, "capacity": 400.0}), READ_SHIP),
            (ship_json(fuel={"current": float("nan"), "capacity": 400}), replace(READ_SHIP, fuel=0)),
            (ship_json(nav=without(nav_json(), "systemSymbol")), READ_SHIP),
            (ship_json(nav=without(nav_json(), "waypointSymbol")), READ_SHIP),
            (ship_json(nav=without(nav_json(), "flightMode")), READ_SHIP),
            (ship_json(nav=nav_json(flightMode="WARP")), READ_SHIP),
            (
                ship_json(nav=without(nav_json(), "route")),
                replace(READ_SHIP, origin_waypoint_symbol="", departure_time=None, arrival_time=None),
            ),
            (ship_json(nav=nav_json(route=without(route_json(), "arrival"))), replace(READ_SHIP, arrival_time=None)),
        ],
    )
    def test_does_without_what_is_missing_or_odd(self, data: dict[str, Any], expected: Ship) -> None:
        assert read_ship(data, NOW) == expected

    @pytest.mark.parametrize(
        "data",
        [
            None,
            [],
            {},
            without(ship_json(), "symbol"),
            ship_json(symbol="ACE 1"),
            ship_json(symbol="ACE-1\x00"),
            ship_json(symbol="A" * 65),
            ship_json(nav=nav_json(waypointSymbol="X1 AA1")),
            without(ship_json(), "nav"),
            ship_json(nav=without(nav_json(), "status")),
            ship_json(nav=nav_json(status="WARPING")),
            ship_json(nav=without(nav_json(), "waypointSymbol", "route")),
        ],
    )
    def test_does_not_make_up_where_a_ship_is(self, data: Any) -> None:
        with pytest.raises(UnreadableAnswerError):
            read_ship(data, NOW)

    @pytest.mark.parametrize(
        ("arrival", "left"),
        [
            ("2026-11-23T12:01:00.000Z", 40.0),
            ("2026-11-23T12:01:00Z", 40.0),
            ("2026-11-23T12:01:00.123456789Z", 40.123456),
            ("2026-11-23T12:01:00", 40.0),
            ("2026-11-23T13:01:00+01:00", 40.0),
            ("2026-11-23T12:00:20.000Z", 0.0),
        ],
    )
    def test_tells_the_time_left_by_the_games_clock(self, arrival: str, left: float) -> None:
        assert read_ship(with_route(arrival=arrival), NOW).arrival_in == timedelta(seconds=left)

    @pytest.mark.parametrize(("overdue", "pause"), [(0.5, 0.05), (10.0, 1.0), (86_400.0, 5.0)])
    def test_asks_less_often_the_longer_a_ship_is_overdue(self, overdue: float, pause: float) -> None:
        arrival = NOW - timedelta(seconds=overdue)
        data = with_route(departureTime="2026-11-20T12:00:00Z", arrival=arrival.isoformat())

        assert read_ship(data, NOW).arrival_in == timedelta(seconds=pause)

    def test_does_not_wait_for_longer_than_a_whole_flight(self) -> None:
        assert read_ship(with_route(), NOW - timedelta(days=1)).arrival_in == ARRIVAL - DEPARTURE

    @pytest.mark.parametrize("arrival", [None, "", "soon", 17, "9999999-01-01T00:00:00Z"])
    def test_looks_again_soon_where_the_game_does_not_tell_the_arrival(self, arrival: Any) -> None:
        ship = read_ship(with_route(arrival=arrival), NOW)

        assert (ship.arrival_time, ship.arrival_in) == (None, timedelta(seconds=5))

    def test_reads_a_departure_under_either_of_its_names(self) -> None:
        route = without(route_json(departure="2026-11-23T12:00:00Z"), "departureTime")

        assert read_ship(ship_json(nav=nav_json(route=route)), NOW) == READ_SHIP

    def test_reads_an_origin_under_either_of_its_names(self) -> None:
        route = without(route_json(departure=route_json()["origin"]), "origin")

        assert read_ship(ship_json(nav=nav_json(route=route)), NOW) == READ_SHIP

    def test_does_without_text_that_nobody_can_keep(self) -> None:
        assert read_ship(ship_json(registration={"role": "\ud800"}, frame={"symbol": "\x00"}), NOW) == replace(
            READ_SHIP, role="", frame=""
        )

    @given(ANYTHING)
    def test_anything_is_a_ship_or_unreadable(self, data: Any) -> None:
        with suppress(UnreadableAnswerError):
            assert isinstance(read_ship(data, NOW), Ship)


class TestEffects:
    def test_a_departure_tells_the_games_time_itself(self) -> None:
        data = {"nav": nav_json(status="IN_TRANSIT"), "fuel": {"current": 250, "capacity": 400}, "events": []}

        done = read_effect(GameAction.NAVIGATE, SHIP, answered(data, date=NOW + timedelta(hours=1)))

        assert done.ship.arrival_in == timedelta(seconds=60)
        assert (done.ship.waypoint_symbol, done.ship.fuel) == ("X1-AA1-B2", 250)
        assert (done.ship.role, done.ship.engine_speed) == (SHIP.role, SHIP.engine_speed)

    def test_a_departure_without_its_time_goes_by_the_header(self) -> None:
        nav = nav_json(status="IN_TRANSIT", route=without(route_json(), "departureTime"))

        done = read_effect(GameAction.NAVIGATE, SHIP, answered({"nav": nav}, date=ARRIVAL - timedelta(seconds=30)))

        assert done.ship.arrival_in == timedelta(seconds=30)
        assert done.ship.fuel == SHIP.fuel

    @pytest.mark.parametrize("wrap", [lambda nav: {"nav": nav, "fuel": {}, "events": []}, lambda nav: nav])
    def test_a_mode_change_may_answer_with_a_bare_nav(self, wrap: Any) -> None:
        done = read_effect(GameAction.SET_FLIGHT_MODE, SHIP, answered(wrap(nav_json(flightMode="BURN"))))

        assert done.ship.flight_mode is FlightMode.BURN

    def test_refuelling_tells_its_price(self) -> None:
        data = {"fuel": {"current": 400, "capacity": 400}, "transaction": {"totalPrice": 72}, "agent": {}}

        assert read_effect(GameAction.REFUEL, SHIP, answered(data)) == Done(replace(SHIP, fuel=400), 72)

    def test_refuelling_may_not_tell_its_price(self) -> None:
        data = {"fuel": {"current": 407}}

        full = replace(SHIP, fuel=400, overfull=True)
        assert read_effect(GameAction.REFUEL, SHIP, answered(data)) == Done(full, None)

    @pytest.mark.parametrize("action", list(GameAction))
    @pytest.mark.parametrize("data", [None, [], {}, {"nav": None}, {"nav": {"status": "DOCKED"}}, {"cargo": {}}])
    def test_an_answer_that_does_not_show_the_effect_proves_nothing(self, action: GameAction, data: Any) -> None:
        with pytest.raises(UnreadableAnswerError):
            read_effect(action, SHIP, answered(data))


class TestClocks:
    @pytest.mark.parametrize("behind", [-0.9, 0.0, 0.9, 1.9])
    def test_our_own_clock_serves_where_the_two_agree(self, behind: float) -> None:
        assert server_now(answered({}, date=NOW - timedelta(seconds=behind))) == NOW

    @pytest.mark.parametrize("ahead", [-30.0, -2.1, 1.1, 30.0])
    def test_the_games_clock_counts_where_they_do_not(self, ahead: float) -> None:
        date = NOW + timedelta(seconds=ahead)

        assert server_now(answered({}, date=date)) == date

    def test_our_own_clock_serves_where_the_game_tells_no_time(self) -> None:
        assert server_now(answered({})) == NOW


class TestWaypoints:
    @pytest.mark.parametrize(
        ("changes", "marketplace", "charted"),
        [
            ({"traits": [{"symbol": "MARKETPLACE"}, {"symbol": "SHIPYARD"}]}, True, True),
            ({"traits": [{"symbol": "BARREN"}]}, False, True),
            ({"traits": ["MARKETPLACE"]}, True, True),
            ({"traits": []}, False, True),
            ({"traits": [{"symbol": "UNCHARTED"}]}, False, False),
            ({"traits": [{"symbol": "UNCHARTED"}], "type": "FUEL_STATION"}, True, False),
            ({"type": "FUEL_STATION"}, True, False),
            ({"type": "PLANET"}, True, False),
            ({"type": "MOON"}, True, False),
            ({"type": "GAS_GIANT"}, False, False),
            ({"type": "ASTEROID"}, False, False),
            ({"traits": None, "type": "ORBITAL_STATION"}, True, False),
            ({}, False, False),
        ],
    )
    def test_judges_by_traits_and_without_them_by_type(
        self, changes: dict[str, Any], marketplace: bool, charted: bool
    ) -> None:
        read = read_waypoint({"symbol": "X1-AA1-A1", "x": -3, "y": 4} | changes)

        assert read == ChartedWaypoint("X1-AA1-A1", -3, 4, marketplace, charted)

    @pytest.mark.parametrize(
        "item",
        [
            {},
            {"symbol": "X1-AA1-A1"},
            {"symbol": "X1-AA1-A1", "x": 1, "y": "2"},
            {"x": 1, "y": 2},
            {"symbol": "here", "x": 1, "y": 2},
        ],
    )
    def test_leaves_out_what_has_no_place_or_no_name(self, item: dict[str, Any]) -> None:
        assert read_waypoint(item) is None


class TestMarkets:
    @pytest.mark.parametrize(
        ("market", "sells"),
        [
            ({"exports": [], "imports": [], "exchange": [{"symbol": "FUEL"}]}, True),
            ({"exports": [{"symbol": "FUEL"}], "imports": [], "exchange": []}, True),
            ({"exports": [{"symbol": "IRON"}], "imports": [], "exchange": []}, False),
            ({"exports": [], "imports": [{"symbol": "FUEL"}], "exchange": []}, None),
            ({"tradeGoods": [{"symbol": "FUEL", "type": "EXCHANGE", "purchasePrice": 72}]}, True),
            ({"imports": [{"symbol": "FUEL"}], "tradeGoods": [{"symbol": "FUEL", "purchasePrice": 90}]}, True),
            ({"exports": ["FUEL"], "imports": []}, True),
            ({"exports": None}, None),
            ({}, None),
            (None, None),
        ],
    )
    def test_looks_for_fuel_in_every_list(self, market: Any, sells: bool | None) -> None:
        assert read_fuel_sale(market) is sells
