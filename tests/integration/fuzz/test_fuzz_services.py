"""Whatever is sent, every RPC answers as the contracts say, and the service stays healthy."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from google.protobuf.descriptor import ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2 as nav
from protos.player.v1 import player_service_pb2 as player
from protos.routing.v1 import routing_service_pb2 as route
from routing_service.adapters.fleet_worker import FleetJob, warm_worker
from routing_service.adapters.solve_control import SolveControl
from routing_service.adapters.tour_worker import TourJob
from routing_service.bootstrap import build as build_routing
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem
from routing_service.settings import Settings as RoutingSettings
from service_chassis.app import App
from tests.fakes import navigation_component, player_component
from tests.fakes.navigation_component import FarSide
from tests.fakes.navigation_world import PLACES, SHIP
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame
from tests.fuzz.onslaught import Onslaught, Report, Target
from tests.fuzz.samples import Samples, World, navigation_samples, player_samples, routing_samples

_CALLS = 900
_SOLVE_SECONDS = 0.02
_WAYPOINTS = [place.symbol for place in PLACES]


class HastySolvers:
    """The real solvers, in this process and with next to no time."""

    def __init__(self) -> None:
        self._worker = warm_worker()
        self._turn = asyncio.Lock()

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        return cast(TourPlan, await self._solve(TourJob(problem, limit.budget())))

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        return cast(FleetPlan, await self._solve(FleetJob(problem, limit.budget())))

    async def _solve(self, job: TourJob | FleetJob) -> TourPlan | FleetPlan:
        hasty = replace(job, budget=replace(job.budget, seconds=_SOLVE_SECONDS))
        async with self._turn:
            return await asyncio.to_thread(self._worker, hasty, SolveControl(time.monotonic() + _SOLVE_SECONDS))


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_player_service_stands_any_request(tmp_path: Path, seed: int) -> None:
    async with _player_target(tmp_path) as target:
        _require_soundness(await _attack(target, seed), target)


@pytest.mark.parametrize("seed", [1, 2])
async def test_the_navigation_service_stands_any_request(tmp_path: Path, seed: int) -> None:
    async with navigation_component.running(navigation_component.settings_for(tmp_path), FarSide()) as component:
        world = World("ACE", "a-token", ACCOUNT_TOKEN, SHIP, "X1-AB", _WAYPOINTS)
        target = _target(component.app, nav.DESCRIPTOR.services_by_name["NavigationService"], navigation_samples(world))
        _require_soundness(await _attack(target, seed), target)


async def test_the_routing_service_stands_any_request() -> None:
    solvers = HastySolvers()
    settings = RoutingSettings(listen_address="127.0.0.1:0", drain_seconds=1.0)
    app = build_routing(settings, tours=solvers, fleets=solvers)
    try:
        await app.start()
        target = _target(app, route.DESCRIPTOR.services_by_name["RoutingService"], routing_samples())
        _require_soundness(await _attack(target, seed=1), target)
    finally:
        await app.stop()


@asynccontextmanager
async def _player_target(directory: Path) -> AsyncIterator[Target]:
    settings = player_component.settings_for(directory)
    async with player_component.running(settings, FakeGame()) as component:
        await component.register("ACE")
        world = World("ACE", component.game.make_agent("ACE"), ACCOUNT_TOKEN, SHIP, "X1-AB", _WAYPOINTS)
        yield _target(component.app, player.DESCRIPTOR.services_by_name["PlayerService"], player_samples(world))


def _target(app: App, service: ServiceDescriptor, samples: Samples) -> Target:
    return Target(service, f"127.0.0.1:{app.port}", samples, call_seconds=1.0)


async def _attack(target: Target, seed: int) -> Report:
    return await Onslaught(target, seed).run(lambda made: made >= _CALLS)


def _require_soundness(report: Report, target: Target) -> None:
    assert report.faults == {}
    # Requests that mean something are among them, or the depths were never reached.
    assert {method for method, outcome in report.answers if outcome == "OK"}
    assert {method for method, _ in report.answers} == {method.name for method in target.service.methods}
    assert report.health_checks > 0
