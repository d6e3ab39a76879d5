"""What is wrong with a request, field by field."""

from dataclasses import replace
from typing import Any

import pytest

from routing_service.application.fields import BudgetInput, GraphInput, OptionsInput, ShipInput
from routing_service.application.queries.optimize_tour import OptimizeTourQuery
from routing_service.application.queries.plan_route import PlanRouteQuery
from routing_service.domain.problem import Objective
from shared_kernel.physics import FlightMode

_NANOS = 10**9


def _graph(*symbols: str, x: int = 0) -> GraphInput:
    count = len(symbols)
    return GraphInput("X1-T1", symbols, (x,) * count, (0,) * count, (True,) * count, repr(symbols).encode())


_PLAN = PlanRouteQuery(_graph("A", "B"), ShipInput(5, 10, 9), "A", "B", OptionsInput())
_TOUR = OptimizeTourQuery(_PLAN.graph, _PLAN.ship, "A", ("B",), False, OptionsInput(), BudgetInput())


def _faulty(query: PlanRouteQuery | OptimizeTourQuery, **changes: Any) -> list[str]:
    return [violation.field for violation in replace(query, **changes).validate()]


def test_a_sound_request_has_no_faults() -> None:
    assert _faulty(_PLAN) == []
    assert _faulty(_TOUR) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"graph": _graph()}, ["graph.waypoints"]),
        ({"graph": _graph(*(f"W{n}" for n in range(2_001)))}, ["graph.waypoints"]),
        ({"graph": _graph("A", "B", "A")}, ["graph.waypoints[2].symbol"]),
        ({"graph": _graph("A", "b b", "")}, ["graph.waypoints[1].symbol", "graph.waypoints[2].symbol"]),
        ({"graph": _graph("A", "B", x=1_000_001)}, ["graph.waypoints[0].x", "graph.waypoints[1].x"]),
        ({"graph": replace(_graph("A", "B"), y=(0, -1_000_001))}, ["graph.waypoints[1].y"]),
        ({"graph": replace(_graph("A", "B"), system_symbol="x 1")}, ["graph.system_symbol"]),
        ({"ship": ShipInput(11, 10, 9)}, ["ship.fuel"]),
        ({"ship": ShipInput(-1, 10, 9)}, ["ship.fuel"]),
        ({"ship": ShipInput(1, 0, 9)}, ["ship.fuel"]),
        ({"ship": ShipInput(0, 100_001, 9)}, ["ship.fuel_capacity"]),
        ({"ship": ShipInput(0, -1, 9)}, ["ship.fuel_capacity", "ship.fuel"]),
        ({"ship": ShipInput(0, 10, 0)}, ["ship.engine_speed"]),
        ({"origin": ""}, ["origin"]),
        ({"origin": "C"}, ["origin"]),
        ({"origin": "lower"}, ["origin"]),
        ({"options": OptionsInput(allowed_flight_modes=(1, 5))}, ["options.allowed_flight_modes[1]"]),
        ({"options": OptionsInput(allowed_flight_modes=(0,))}, ["options.allowed_flight_modes[0]"]),
        ({"options": OptionsInput(allowed_flight_modes=(1,) * 17)}, ["options.allowed_flight_modes"]),
        ({"options": OptionsInput(refuel_duration=-1)}, ["options.refuel_duration"]),
        ({"options": OptionsInput(departure_overhead=86_401 * _NANOS)}, ["options.departure_overhead"]),
        ({"options": OptionsInput(objective=3)}, ["options.objective"]),
    ],
    ids=str,
)
def test_names_the_fields_that_are_wrong(changes: dict[str, Any], fields: list[str]) -> None:
    assert _faulty(_PLAN, **changes) == fields
    assert _faulty(_TOUR, **changes) == fields


@pytest.mark.parametrize("symbol", ["", "C", "a"])
def test_a_destination_has_to_be_in_the_graph(symbol: str) -> None:
    assert _faulty(_PLAN, destination=symbol) == ["destination"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"stops": ()}, ["stops"]),
        ({"stops": ("A",) * 201}, ["stops"]),
        ({"stops": ("A", "B", "A")}, ["stops[2]"]),
        ({"stops": ("C", "B", "d")}, ["stops[2]", "stops[0]"]),
        ({"solve": BudgetInput(time_limit=-1)}, ["solve.time_limit"]),
        ({"solve": BudgetInput(time_limit=86_401 * _NANOS)}, ["solve.time_limit"]),
    ],
    ids=str,
)
def test_names_the_fields_of_a_tour_that_are_wrong(changes: dict[str, Any], fields: list[str]) -> None:
    assert _faulty(_TOUR, **changes) == fields


def test_names_all_faults_at_once() -> None:
    ship, options = ShipInput(9, 5, 0), OptionsInput(objective=9)

    fields = _faulty(_PLAN, graph=_graph("A", "A"), ship=ship, destination="", options=options)

    assert fields == [
        "graph.waypoints[1].symbol",
        "ship.fuel",
        "ship.engine_speed",
        "destination",
        "options.objective",
    ]


def test_the_bounds_themselves_are_allowed() -> None:
    graph = _graph(*(f"W{n}" for n in range(2_000)), x=-1_000_000)
    longest = OptionsInput((4,), 86_400 * _NANOS, 86_400 * _NANOS, 2)

    assert _faulty(_PLAN, graph=graph, ship=ShipInput(100_000, 100_000, 1), origin="W0", destination="W1999") == []
    assert _faulty(_PLAN, options=longest) == []
    assert _faulty(_TOUR, graph=graph, origin="W0", stops=tuple(f"W{n}" for n in range(200))) == []


def test_the_default_modes_are_those_of_the_game_without_stealth() -> None:
    assert OptionsInput().options.flight_modes == (FlightMode.CRUISE, FlightMode.BURN, FlightMode.DRIFT)


def test_equal_wishes_are_equal_whatever_their_order() -> None:
    options = OptionsInput(allowed_flight_modes=(4, 1, 4), objective=2).options

    assert options.flight_modes == (FlightMode.CRUISE, FlightMode.STEALTH)
    assert options.objective is Objective.LEAST_FUEL
