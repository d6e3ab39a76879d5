"""The routing service in this process, behind its real door: server, interceptor, mediator, behaviors."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from protos.routing.v1 import routing_service_pb2 as service_pb
from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceStub
from routing_service.application.ports import TourSolver
from routing_service.bootstrap import build
from routing_service.domain.fleet import FleetPlan, FleetProblem
from routing_service.domain.solve_limit import SolveLimit
from routing_service.domain.tour import TourPlan, TourProblem
from routing_service.settings import Settings
from service_chassis.channels import open_channel

if TYPE_CHECKING:
    from protos.routing.v1.routing_service_pb2_grpc import RoutingServiceAsyncStub

    RoutingStub = RoutingServiceAsyncStub
else:
    RoutingStub = RoutingServiceStub


@asynccontextmanager
async def routing_door(tours: TourSolver | None = None) -> AsyncIterator[RoutingStub]:
    """A stub of a running service with one solver process, or, with `tours`, without any."""
    settings = Settings(listen_address="127.0.0.1:0", solver_workers=1, drain_seconds=0)
    app = build(settings, tours=tours, fleets=None if tours is None else NoFleets())
    await app.start()
    service = service_pb.DESCRIPTOR.services_by_name["RoutingService"]
    try:
        async with open_channel(f"127.0.0.1:{app.port}", services=[service], default_timeout=60.0) as channel:
            yield RoutingServiceStub(channel)
    finally:
        await app.stop()


class FixedTours:
    """A solver that always says the same, and notes what it was asked and how long it was given."""

    def __init__(self, answer: TourPlan | Exception) -> None:
        self._answer = answer
        self.asked: list[TourProblem] = []
        self.seconds: list[float] = []

    async def solve_tour(self, problem: TourProblem, limit: SolveLimit) -> TourPlan:
        self.asked.append(problem)
        self.seconds.append(limit.budget().seconds)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class NoFleets:
    """Stands where a fleet solver would, in services that are asked for none."""

    async def solve_fleet(self, problem: FleetProblem, limit: SolveLimit) -> FleetPlan:
        raise AssertionError("nobody was to ask for a fleet")
