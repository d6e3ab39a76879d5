"""The only file that knows everything: how the routing service is put together."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pymediatr import Mediator
from routing_service.adapters.graphs_in_memory import InMemoryPreparedGraphs
from routing_service.adapters.planner_threads import ThreadedRoutePlanner
from routing_service.application.ports import PreparedGraphRepository, RoutePlanner
from routing_service.application.queries.plan_route import PlanRouteHandler, PlanRouteQuery
from routing_service.domain.warm_up import warm_up_planner
from routing_service.servicer import SERVICE_NAME, RoutingServicer, register
from routing_service.settings import Settings, usable_cores
from service_chassis.admission import Lane
from service_chassis.behaviors import LoggingBehavior, ValidationBehavior
from service_chassis.server import App, GrpcServer, ServerOptions, Service, run
from service_chassis.telemetry import configure_logging
from shared_kernel.clock import Clock, SystemClock

GRAPH_CACHE_BYTES = 256 * 1024 * 1024
PLAN_LANE = Lane("plan", 256, retry_after=0.1)


def create_mediator(graphs: PreparedGraphRepository, planner: RoutePlanner, clock: Clock) -> Mediator:
    """Every use case under its request, behind the same behaviors. Nothing here has transactions."""
    mediator = Mediator()
    mediator.add_pipeline_behavior(LoggingBehavior(clock))
    mediator.add_pipeline_behavior(ValidationBehavior())
    mediator.register_handler(PlanRouteQuery, PlanRouteHandler(graphs, planner))
    return mediator


def build(settings: Settings, *, clock: Clock | None = None) -> App:
    """The whole service, not started yet."""
    planning = ThreadPoolExecutor(max(2, usable_cores()), thread_name_prefix="plan")
    preparing = ThreadPoolExecutor(1, thread_name_prefix="prepare")
    graphs = InMemoryPreparedGraphs(GRAPH_CACHE_BYTES, preparing)
    servicer = RoutingServicer(create_mediator(graphs, ThreadedRoutePlanner(planning), clock or SystemClock()))
    server = GrpcServer(
        ServerOptions(
            listen_address=settings.listen_address,
            health_address=settings.health_address,
            metrics_address=settings.metrics_address,
            drain_seconds=settings.drain_seconds,
            admission={f"/{SERVICE_NAME}/PlanRoute": PLAN_LANE},
        ),
        domain="spacetraders.routing",
        services=[Service(SERVICE_NAME, lambda grpc_server: register(grpc_server, servicer))],
    )

    async def warm_up() -> None:
        await asyncio.get_running_loop().run_in_executor(planning, warm_up_planner)

    async def close() -> None:
        planning.shutdown(wait=False, cancel_futures=True)
        preparing.shutdown(wait=False, cancel_futures=True)

    return App(server, startup=[warm_up], shutdown=[close])


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "routing_service")
    return run(lambda: build(settings))
