"""The only file that knows everything: how the routing service is put together."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor, ThreadPoolExecutor

import structlog
from prometheus_client import CollectorRegistry

from pymediatr import Mediator
from routing_service.access import ALLOWED
from routing_service.adapters.fleet_worker import warm_worker
from routing_service.adapters.graphs_in_memory import InMemoryPreparedGraphs
from routing_service.adapters.metrics import MeteredFleetSolver, MeteredTourSolver, SolverMetrics
from routing_service.adapters.planner_threads import ThreadedRoutePlanner
from routing_service.adapters.pooled_fleets import PooledFleetSolver
from routing_service.adapters.pooled_solvers import PooledTourSolver
from routing_service.adapters.remembered_routes import RememberedRoutes
from routing_service.adapters.solver_pool import SolverPool
from routing_service.application.ports import FleetSolver, PreparedGraphRepository, RoutePlanner, TourSolver
from routing_service.application.queries.compute_travel_times import ComputeTravelTimesHandler, ComputeTravelTimesQuery
from routing_service.application.queries.optimize_tour import OptimizeTourHandler, OptimizeTourQuery
from routing_service.application.queries.partition_fleet import PartitionFleetHandler, PartitionFleetQuery
from routing_service.application.queries.plan_route import PlanRouteHandler, PlanRouteQuery
from routing_service.domain.compiled import compilations
from routing_service.domain.solve_limit import RemainingSeconds
from routing_service.domain.warm_up import warm_up_planner
from routing_service.servicer import SERVICE_NAME, RoutingServicer, register
from routing_service.settings import Settings, usable_cores
from service_chassis.admission import Lane
from service_chassis.app import App, run
from service_chassis.behaviors import LoggingBehavior, ValidationBehavior
from service_chassis.call_context import remaining_seconds
from service_chassis.identity import paths_of
from service_chassis.server import GrpcServer, ServerOptions, Service
from service_chassis.telemetry import RpcMetrics, configure_logging
from shared_kernel.clock import Clock, SystemClock

GRAPH_CACHE_BYTES = 256 * 1024 * 1024
# A kilobyte or two each.
REMEMBERED_ROUTES = 1024
# Solves that wait for a worker; a plan takes a millisecond or less and never waits behind them.
WAITING_SOLVES = 64
CONCURRENT_PLANS = 256
CONCURRENT_TABLES = 16


def create_mediator(
    graphs: PreparedGraphRepository,
    planner: RoutePlanner,
    tours: TourSolver,
    fleets: FleetSolver,
    clock: Clock,
    remaining: RemainingSeconds = remaining_seconds,
) -> Mediator:
    """Every use case under its request, behind the same behaviors. Nothing here has transactions."""
    mediator = Mediator()
    mediator.add_pipeline_behavior(LoggingBehavior(clock))
    mediator.add_pipeline_behavior(ValidationBehavior())
    mediator.register_handler(PlanRouteQuery, PlanRouteHandler(graphs, planner))
    mediator.register_handler(OptimizeTourQuery, OptimizeTourHandler(tours, clock, remaining))
    mediator.register_handler(PartitionFleetQuery, PartitionFleetHandler(fleets, clock, remaining))
    mediator.register_handler(ComputeTravelTimesQuery, ComputeTravelTimesHandler(graphs, planner))
    return mediator


def build(
    settings: Settings,
    *,
    tours: TourSolver | None = None,
    fleets: FleetSolver | None = None,
    clock: Clock | None = None,
) -> App:
    """The whole service, not started yet; solvers that are not given run in a pool of processes."""
    metrics = SolverMetrics(CollectorRegistry()) if settings.metrics_address else None
    planning = ThreadPoolExecutor(max(2, usable_cores()), thread_name_prefix="plan")
    tabulating = ThreadPoolExecutor(1, thread_name_prefix="travel-times")
    preparing = ThreadPoolExecutor(1, thread_name_prefix="prepare")
    startup: list[Callable[[], Awaitable[None]]] = [lambda: _run_in(planning, warm_up_planner)]
    shutdown: list[Callable[[], Awaitable[None]]] = [lambda: _close(planning, tabulating, preparing)]
    if tours is None or fleets is None:
        pool = SolverPool(warm_worker, workers=settings.solver_workers, waiting=WAITING_SOLVES)
        tours, fleets = tours or PooledTourSolver(pool), fleets or PooledFleetSolver(pool)
        if metrics is not None:
            metrics.watch(pool)
            tours, fleets = MeteredTourSolver(tours, metrics), MeteredFleetSolver(fleets, metrics)
        startup.append(pool.start)
        shutdown.append(pool.close)
    graphs = InMemoryPreparedGraphs(GRAPH_CACHE_BYTES, preparing)
    planner = RememberedRoutes(ThreadedRoutePlanner(planning, tabulating), REMEMBERED_ROUTES)
    mediator = create_mediator(graphs, planner, tours, fleets, clock or SystemClock())
    servicer = RoutingServicer(mediator)
    solve_lane = Lane("solve", settings.solver_workers + WAITING_SOLVES, retry_after=1.0)
    server = GrpcServer(
        ServerOptions.of(
            settings,
            access=paths_of(SERVICE_NAME, ALLOWED),
            admission={
                f"/{SERVICE_NAME}/PlanRoute": Lane("plan", CONCURRENT_PLANS, retry_after=0.1),
                f"/{SERVICE_NAME}/OptimizeTour": solve_lane,
                f"/{SERVICE_NAME}/PartitionFleet": solve_lane,
                f"/{SERVICE_NAME}/ComputeTravelTimes": Lane("travel times", CONCURRENT_TABLES, retry_after=0.5),
            },
        ),
        domain="spacetraders.routing",
        services=[Service(SERVICE_NAME, lambda grpc_server: register(grpc_server, servicer))],
        metrics=RpcMetrics(metrics.registry) if metrics else None,
    )
    return App(server, startup=startup, shutdown=shutdown)


async def _run_in(executor: Executor, work: Callable[[], None]) -> None:
    await asyncio.get_running_loop().run_in_executor(executor, work)


async def _close(*executors: Executor) -> None:
    for executor in executors:
        executor.shutdown(wait=False, cancel_futures=True)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "routing_service")
    structlog.get_logger().info("warming up; where the planners were never compiled, that takes minutes")
    return run(lambda: build(settings))


def compile_kernels() -> int:
    """Compile and store what serving would compile at its first start; the exit code."""
    # A search that has to wait for the compiler may run out of time before it comes to its last kernel.
    while compilations(_warm_up):
        pass
    return 0


def _warm_up() -> None:
    warm_up_planner()
    warm_worker()
