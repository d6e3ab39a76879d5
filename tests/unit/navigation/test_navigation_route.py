"""Whether a plan can be flown: from here with this fuel, and by the game's physics and our own map."""

from dataclasses import replace

import pytest

from navigation_service.domain.graph import SystemGraph, Waypoint
from navigation_service.domain.route import Refuel, Route, Step, flaw, flaw_in_plan
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_samples import NOW, UNIVERSE, A, B, C, D, leg, route

GRAPH = SystemGraph(
    UNIVERSE,
    "X1-AB",
    (Waypoint(A, 0, 0, True), Waypoint(B, 60, 0, True), Waypoint(C, 60, 90, False), Waypoint(D, 0, 5, False)),
    NOW,
)
GOOD = (leg(A, B, 60), Refuel(B, 60), leg(B, C, 90))


def test_takes_a_plan_that_fits() -> None:
    assert flaw(GOOD, A, 60, 100) is None


@pytest.mark.parametrize(
    ("steps", "waypoint", "fuel", "named"),
    [
        (GOOD, A, 59, B),
        (GOOD, D, 100, D),
        ((leg(A, B, 60), leg(B, C, 41)), A, 100, C),
        ((leg(A, B, 60), leg(C, D, 1)), A, 100, B),
        ((Refuel(B, 1),), A, 100, A),
    ],
)
def test_names_the_leg_that_the_tank_or_the_place_does_not_allow(
    steps: tuple[Step, ...], waypoint: str, fuel: int, named: str
) -> None:
    fault = flaw(steps, waypoint, fuel, 100)

    assert fault is not None
    assert named in fault


def test_nothing_to_fly_has_no_flaw() -> None:
    assert flaw((), A, 0, 100) is None


def test_takes_what_physics_and_map_allow() -> None:
    assert flaw_in_plan(route(*GOOD), GRAPH, 60, 100) is None


def test_a_ship_without_a_tank_needs_no_fuel() -> None:
    assert flaw_in_plan(route(leg(A, C, 0, FlightMode.BURN)), GRAPH, 0, 0) is None


@pytest.mark.parametrize(
    ("plan", "named"),
    [
        (route(leg(A, B, 59)), "needs more fuel"),
        (route(leg(A, B, 60, FlightMode.BURN)), "needs more fuel"),
        (route(leg(A, D, 5), Refuel(D, 5), leg(D, A, 5)), "no fuel is sold"),
        (route(leg(A, "X1-AB-Z", 5)), "leaves the map"),
        (route(Refuel("X1-AB-Z", 5)), "no fuel is sold"),
        (replace(route(leg(A, B, 60)), destination=C), "it ends at"),
        (Route(A, C), "it ends at"),
        (route(leg(B, C, 90), origin=A), "goes on from"),
        (route(leg(A, B, 60), leg(B, A, 60)), "would have 40"),
    ],
)
def test_refuses_what_physics_or_map_forbid(plan: Route, named: str) -> None:
    fault = flaw_in_plan(plan, GRAPH, 100, 100)

    assert fault is not None
    assert named in fault
