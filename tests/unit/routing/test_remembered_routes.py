"""Routes that are remembered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from routing_service.adapters.remembered_routes import RememberedRoutes
from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import RouteOptions, ShipProfile
from routing_service.domain.route import Route
from shared_kernel.physics import FlightMode
from tests.fakes.routing_systems import system

_NEAR = prepare(system([(0, 0, True), (30, 0, True), (60, 0, False)]))
_FAR = prepare(system([(0, 0, True), (90, 0, True), (180, 0, False)]))
_SHIP, _OPTIONS = ShipProfile(100, 100, 10), RouteOptions()


class CountingPlanner:
    """Satisfies RoutePlanner, and knows what it was asked."""

    def __init__(self) -> None:
        self.goals: list[int] = []

    async def plan(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
    ) -> Route:
        self.goals.append(destination)
        return plan_route(prepared, ship, options, origin, destination)

    async def travel_times(
        self, prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, source: int, goals: Sequence[int]
    ) -> tuple[int | None, ...]:
        return tuple(goals)


async def test_plans_a_trip_once() -> None:
    planner = CountingPlanner()
    routes = RememberedRoutes(planner, 10)

    first = await routes.plan(_NEAR, _SHIP, _OPTIONS, 0, 1)
    again = await routes.plan(
        prepare(system([(0, 0, True), (30, 0, True), (60, 0, False)])), replace(_SHIP), replace(_OPTIONS), 0, 1
    )

    assert again is first
    assert planner.goals == [1]


async def test_whatever_a_plan_depends_on_makes_another_trip() -> None:
    planner = CountingPlanner()
    routes = RememberedRoutes(planner, 10)
    trips = [
        (_NEAR, _SHIP, _OPTIONS, 0, 1),
        (_FAR, _SHIP, _OPTIONS, 0, 1),
        (_NEAR, replace(_SHIP, fuel=50), _OPTIONS, 0, 1),
        (_NEAR, _SHIP, RouteOptions((FlightMode.CRUISE,)), 0, 1),
        (_NEAR, _SHIP, _OPTIONS, 1, 0),
        (_NEAR, _SHIP, _OPTIONS, 0, 2),
    ]

    assert [await routes.plan(*trip) for trip in trips] == [plan_route(*trip) for trip in trips]
    assert len(planner.goals) == len(trips)


async def test_forgets_the_trip_that_was_not_asked_for_longest() -> None:
    planner = CountingPlanner()
    routes = RememberedRoutes(planner, 2)
    for goal in (1, 2, 1, 0, 1, 2):
        await routes.plan(_NEAR, _SHIP, _OPTIONS, 0, goal)

    assert planner.goals == [1, 2, 0, 2]


async def test_refuses_a_trip_anew_each_time() -> None:
    planner = CountingPlanner()
    routes = RememberedRoutes(planner, 2)
    for _ in range(2):
        with pytest.raises(NoRouteFoundError):
            await routes.plan(_FAR, ShipProfile(10, 10, 10), RouteOptions((FlightMode.CRUISE,)), 0, 1)

    assert planner.goals == [1, 1]
