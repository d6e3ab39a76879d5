"""The judge: it accepts what is right, and finds what is not."""

from dataclasses import replace
from typing import Any

import pytest

from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Navigate, Refuel, Route
from routing_service.domain.tour import Status, TourPlan, TourProblem
from routing_service.domain.verify import PlanRejectedError, verify_route, verify_tour
from shared_kernel.physics import FlightMode
from tests.fakes.routing_systems import system

_GRAPH = system([(0, 0, True), (30, 0, True), (60, 0, False)])
_A, _B, _C = _GRAPH.symbols
_SHIP = ShipProfile(40, 50, 9)
_OPTIONS = RouteOptions((FlightMode.CRUISE,), refuel_duration=7, departure_overhead=5)
_ROUTE = plan_route(prepare(_GRAPH), _SHIP, _OPTIONS, 0, 2)
_OUT, _FILL, _ON = _ROUTE.steps
_TOUR = TourProblem(_GRAPH, _SHIP, _OPTIONS, 0, (1, 2), return_to_origin=False)


def _judge(route: Route, **changes: Any) -> None:
    arguments: dict[str, Any] = {"graph": _GRAPH, "ship": _SHIP, "options": _OPTIONS, "origin": _A, "destination": _C}
    verify_route(route=route, **(arguments | changes))


def _with(step: int, **changes: Any) -> Route:
    steps = list(_ROUTE.steps)
    steps[step] = replace(steps[step], **changes)
    return replace(_ROUTE, steps=tuple(steps))


def test_accepts_what_the_planner_says() -> None:
    assert isinstance(_FILL, Refuel)
    assert isinstance(_ON, Navigate)
    _judge(_ROUTE, visit_order=(_A, _B, _C))


@pytest.mark.parametrize(
    "route",
    [
        replace(_ROUTE, origin=_B),
        replace(_ROUTE, destination=_B),
        replace(_ROUTE, duration=_ROUTE.duration + 1),
        replace(_ROUTE, fuel_consumed=61),
        replace(_ROUTE, distance=60.1),
        replace(_ROUTE, fuel_at_arrival=21),
        replace(_ROUTE, steps=_ROUTE.steps[:2]),
        replace(_ROUTE, steps=(_OUT, _ON)),
        replace(_ROUTE, steps=(_FILL, _OUT, _ON)),
        _with(0, from_waypoint=_B),
        _with(0, to_waypoint=_A),
        _with(0, to_waypoint="X1-T1-Z9"),
        _with(0, flight_mode=FlightMode.BURN),
        _with(0, fuel=29),
        _with(0, duration=98 * 10**9 - 1),
        _with(0, distance=30.5),
        _with(1, waypoint=_A),
        _with(1, fuel_added=39),
        _with(2, from_waypoint=_C),
    ],
    ids=str,
)
def test_finds_what_is_wrong_with_a_route(route: Route) -> None:
    with pytest.raises(PlanRejectedError):
        _judge(route)


@pytest.mark.parametrize(
    "changes",
    [
        {"origin": _B},
        {"destination": _B},
        {"ship": ShipProfile(29, 50, 9)},
        {"ship": ShipProfile(40, 49, 9)},
        {"ship": ShipProfile(40, 50, 10)},
        {"options": replace(_OPTIONS, flight_modes=(FlightMode.BURN,))},
        {"options": replace(_OPTIONS, refuel_duration=8)},
        {"options": replace(_OPTIONS, departure_overhead=6)},
        {"graph": system([(0, 0, True), (30, 0, False), (60, 0, False)])},
        {"graph": system([(0, 0, True), (31, 0, True), (60, 0, False)])},
        {"visit_order": (_C, _B)},
    ],
    ids=str,
)
def test_finds_that_a_route_answers_another_question(changes: dict[str, Any]) -> None:
    with pytest.raises(PlanRejectedError):
        _judge(_ROUTE, **changes)


def test_refuses_a_refuel_that_adds_nothing() -> None:
    steps = (Refuel(_A, 0), *_ROUTE.steps)
    ship = replace(_SHIP, fuel=50)

    with pytest.raises(PlanRejectedError, match="adds 0"):
        _judge(replace(_ROUTE, steps=steps), ship=ship)


def test_accepts_a_tour_that_is_right() -> None:
    verify_tour(_TOUR, TourPlan((_B, _C), _ROUTE, Status.OPTIMAL, _ROUTE.duration))


@pytest.mark.parametrize(
    "plan",
    [
        TourPlan((_B,), _ROUTE, Status.FEASIBLE, 0),
        TourPlan((_B, _C, _C), _ROUTE, Status.FEASIBLE, 0),
        TourPlan((_C, _B), _ROUTE, Status.FEASIBLE, 0),
        TourPlan((_B, _C), _ROUTE, Status.FEASIBLE, _ROUTE.duration + 1),
        TourPlan((_B, _C), _ROUTE, Status.OPTIMAL, _ROUTE.duration - 1),
    ],
    ids=str,
)
def test_finds_what_is_wrong_with_a_tour(plan: TourPlan) -> None:
    with pytest.raises(PlanRejectedError):
        verify_tour(_TOUR, plan)


def test_a_closed_tour_ends_where_it_began() -> None:
    with pytest.raises(PlanRejectedError):
        verify_tour(replace(_TOUR, return_to_origin=True), TourPlan((_B, _C), _ROUTE, Status.FEASIBLE, 0))
