"""The only file that knows everything: how the navigation service is put together."""

import os
import random
import secrets
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry

from navigation_service.access import ALLOWED
from navigation_service.adapters.database_lock import SqliteFileLock
from navigation_service.adapters.game_api import HttpGameGateway
from navigation_service.adapters.graphs_sql import SqlGraphs
from navigation_service.adapters.metrics import FleetMetrics, MeteredVoyageLog, MeteredVoyages, VoyageCensus
from navigation_service.adapters.player_client import GrpcPlayerDirectory
from navigation_service.adapters.request_budget import LocalRequestBudget
from navigation_service.adapters.routing_client import GrpcRoutePlanner
from navigation_service.adapters.shared_budget import SharedRequestBudget
from navigation_service.adapters.ships_sql import SqlShips
from navigation_service.adapters.tables import VERSION_TABLE, outcomes
from navigation_service.adapters.voyage_log import StructlogVoyageLog
from navigation_service.adapters.voyages_sql import SqlVoyages
from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand, AdvanceVoyageHandler
from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand, CancelVoyageHandler
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, ClaimVoyageHandler
from navigation_service.application.commands.dispatch_fleet import DispatchFleetCommand, DispatchFleetHandler
from navigation_service.application.commands.dock_ship import DockShipCommand, DockShipHandler
from navigation_service.application.commands.forget_events import ForgetEventsCommand, ForgetEventsHandler
from navigation_service.application.commands.navigate_ship import NavigateShipCommand, NavigateShipHandler
from navigation_service.application.commands.orbit_ship import OrbitShipCommand, OrbitShipHandler
from navigation_service.application.commands.refuel_ship import RefuelShipCommand, RefuelShipHandler
from navigation_service.application.commands.set_flight_mode import SetFlightModeCommand, SetFlightModeHandler
from navigation_service.application.commands.start_tour import StartTourCommand, StartTourHandler
from navigation_service.application.fleet_planning import FleetPlanning
from navigation_service.application.flight_crew import FlightCrew, FlightSettings
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Lookout
from navigation_service.application.ports import (
    GameGateway,
    PlayerDirectory,
    RequestBudget,
    RoutePlanner,
    ShipRepository,
    SystemGraphRepository,
    UnitOfWork,
    VoyageLog,
    VoyageRepository,
)
from navigation_service.application.queries.get_game_budget import GetGameBudgetHandler, GetGameBudgetQuery
from navigation_service.application.queries.get_route import GetRouteHandler, GetRouteQuery
from navigation_service.application.queries.get_ship import GetShipHandler, GetShipQuery
from navigation_service.application.queries.get_system_graph import GetSystemGraphHandler, GetSystemGraphQuery
from navigation_service.application.queries.get_voyage import GetVoyageHandler, GetVoyageQuery
from navigation_service.application.queries.list_ships import ListShipsHandler, ListShipsQuery
from navigation_service.application.queries.list_voyages import ListVoyagesHandler, ListVoyagesQuery
from navigation_service.application.queries.plan_route import PlanRouteHandler, PlanRouteQuery
from navigation_service.application.queries.watch_voyage import WatchVoyageHandler, WatchVoyageQuery
from navigation_service.application.runner_signals import RunnerSignals
from navigation_service.application.ship_orders import ShipOrders
from navigation_service.application.sightings import RecentSightings
from navigation_service.application.system_graphs import SystemGraphs
from navigation_service.application.voyage_acceptance import VoyageAcceptance
from navigation_service.application.voyage_news import VoyageNews
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.servicer import SERVICE_NAME, NavigationServicer, register
from navigation_service.settings import Settings
from navigation_service.voyage_runner import EventRetention, VoyageRunner
from pymediatr import Mediator
from service_chassis import migrations
from service_chassis.app import App, run
from service_chassis.behaviors import LoggingBehavior, TransactionBehavior, ValidationBehavior
from service_chassis.call_context import remaining_seconds
from service_chassis.database import Database
from service_chassis.identity import paths_of
from service_chassis.outcomes_sql import SqlOutcomes
from service_chassis.server import GrpcServer, ServerOptions, Service
from service_chassis.startup import StartupError
from service_chassis.telemetry import RpcMetrics, configure_logging
from service_chassis.tls import tls_files
from shared_kernel.clock import Clock, SystemClock
from shared_kernel.idempotency import Outcomes

# They wait for the game or for another service, and open their own short transactions in between.
MANUAL_TRANSACTIONS = frozenset(
    {
        *(NavigateShipCommand, StartTourCommand, DispatchFleetCommand),
        *(OrbitShipCommand, DockShipCommand, RefuelShipCommand, SetFlightModeCommand),
        *(ClaimVoyageCommand, AdvanceVoyageCommand),
        *(PlanRouteQuery, GetShipQuery, ListShipsQuery, ListVoyagesQuery, GetSystemGraphQuery),
    }
)
# They come several times a second, and the voyages' own events tell what came of them.
QUIET = frozenset({ClaimVoyageCommand, AdvanceVoyageCommand, ForgetEventsCommand})


Close = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Ports:
    """What the use cases need from outside. `time_left` is the present caller's, `chance` is for jitter."""

    unit_of_work: UnitOfWork
    voyages: VoyageRepository
    ships: ShipRepository
    graphs: SystemGraphRepository
    outcomes: Outcomes
    game: GameGateway
    players: PlayerDirectory
    planner: RoutePlanner
    budget: RequestBudget
    log: VoyageLog
    clock: Clock
    time_left: Callable[[], float | None]
    chance: Callable[[float, float], float]


def create_mediator(
    ports: Ports, system_graphs: SystemGraphs, signals: RunnerSignals, settings: FlightSettings
) -> Mediator:
    """Every use case under its request, behind the same three behaviors."""
    scopes, voyages, ships, clock = ports.unit_of_work, ports.voyages, ports.ships, ports.clock
    acting = ActingForPlayers(ports.players, ports.game)
    free_ships = FreeShips(scopes, voyages)
    lookout = Lookout(scopes, ships, ports.game, clock)
    planning = VoyagePlanning(system_graphs, ports.planner)
    sightings = RecentSightings(clock)
    acceptance = VoyageAcceptance(
        scopes, voyages, ships, ports.outcomes, sightings, signals, ports.log, clock, settings.time_scale
    )
    orders = ShipOrders(
        scopes,
        acting,
        free_ships,
        lookout,
        ports.game,
        ports.budget,
        ports.graphs,
        clock,
        settings.call_seconds,
        ports.time_left,
    )
    crew = FlightCrew(
        unit_of_work=scopes,
        voyages=voyages,
        ships=ships,
        graphs=ports.graphs,
        game=ports.game,
        players=ports.players,
        budget=ports.budget,
        planning=planning,
        sightings=sightings,
        signals=signals,
        log=ports.log,
        clock=clock,
        settings=settings,
        chance=ports.chance,
    )
    mediator = Mediator()
    mediator.add_pipeline_behavior(LoggingBehavior(clock, quiet=QUIET))
    mediator.add_pipeline_behavior(ValidationBehavior())
    mediator.add_pipeline_behavior(TransactionBehavior(scopes, manual=MANUAL_TRANSACTIONS))
    mediator.register_handler(
        NavigateShipCommand, NavigateShipHandler(acting, free_ships, lookout, planning, acceptance)
    )
    mediator.register_handler(StartTourCommand, StartTourHandler(acting, free_ships, lookout, planning, acceptance))
    fleets = FleetPlanning(planning, clock, settings.time_scale)
    mediator.register_handler(
        DispatchFleetCommand, DispatchFleetHandler(acting, free_ships, lookout, fleets, acceptance)
    )
    mediator.register_handler(CancelVoyageCommand, CancelVoyageHandler(voyages, ports.log))
    mediator.register_handler(OrbitShipCommand, OrbitShipHandler(orders))
    mediator.register_handler(DockShipCommand, DockShipHandler(orders))
    mediator.register_handler(RefuelShipCommand, RefuelShipHandler(orders))
    mediator.register_handler(SetFlightModeCommand, SetFlightModeHandler(orders))
    mediator.register_handler(ClaimVoyageCommand, ClaimVoyageHandler(crew))
    mediator.register_handler(AdvanceVoyageCommand, AdvanceVoyageHandler(crew))
    mediator.register_handler(ForgetEventsCommand, ForgetEventsHandler(voyages))
    mediator.register_handler(PlanRouteQuery, PlanRouteHandler(acting, lookout, planning))
    mediator.register_handler(GetRouteQuery, GetRouteHandler(voyages))
    mediator.register_handler(GetVoyageQuery, GetVoyageHandler(voyages))
    mediator.register_handler(ListVoyagesQuery, ListVoyagesHandler(scopes, ports.players, voyages))
    mediator.register_handler(WatchVoyageQuery, WatchVoyageHandler(scopes, voyages, VoyageNews(scopes, voyages)))
    mediator.register_handler(GetShipQuery, GetShipHandler(scopes, acting, ships, lookout))
    mediator.register_handler(ListShipsQuery, ListShipsHandler(scopes, acting, ships, ports.game, clock))
    mediator.register_handler(GetGameBudgetQuery, GetGameBudgetHandler(ports.budget, clock))
    mediator.register_handler(GetSystemGraphQuery, GetSystemGraphHandler(acting, system_graphs))
    return mediator


def build(
    settings: Settings,
    *,
    game: GameGateway | None = None,
    planner: RoutePlanner | None = None,
    players: PlayerDirectory | None = None,
    clock: Clock | None = None,
) -> App:
    """The whole service, not started yet. Raises StartupError if this machine lacks what it needs."""
    clock, signals = clock or SystemClock(), RunnerSignals()
    database, lock = _open_database(settings)
    close: list[Close] = [database.close, *([lock.release] if lock else [])]
    owner = _owner()
    budget = _budget(settings, database, clock, owner)
    metrics = FleetMetrics(CollectorRegistry()) if settings.metrics_address else None
    if game is None:
        seen = metrics.count_request if metrics else None
        game = http = HttpGameGateway(
            settings.game_api_url, settings.game_timeout_seconds, budget, clock, random.uniform, seen=seen
        )
        close.insert(0, http.close)
    if planner is None:
        planner = routing = GrpcRoutePlanner(settings.routing_service_address, tls=tls_files(settings))
        close.insert(0, routing.close)
    if players is None:
        players = directory = GrpcPlayerDirectory(settings.player_service_address, clock, tls=tls_files(settings))
        close.insert(0, directory.close)
    ports = Ports(
        unit_of_work=database,
        voyages=_voyages(settings, database, clock, metrics),
        ships=SqlShips(database, clock),
        graphs=SqlGraphs(database),
        outcomes=SqlOutcomes(database, outcomes, clock),
        game=game,
        players=players,
        planner=planner,
        budget=budget,
        log=MeteredVoyageLog(StructlogVoyageLog(), metrics) if metrics else StructlogVoyageLog(),
        clock=clock,
        time_left=remaining_seconds,
        chance=random.uniform,
    )
    graphs = SystemGraphs(database, ports.graphs, game, clock, ports.time_left)
    close.insert(0, graphs.close)
    flights = FlightSettings(settings.game_timeout_seconds, settings.voyage_lease_seconds, settings.game_time_scale)
    mediator = create_mediator(ports, graphs, signals, flights)
    return App(
        _server(settings, NavigationServicer(mediator), metrics),
        startup=[
            *([lock.acquire] if lock else []),
            lambda: migrations.prepare(database, "navigation_service", VERSION_TABLE),
        ],
        background=[
            VoyageRunner(mediator, owner, signals, random.uniform),
            EventRetention(mediator, random.uniform),
            *([budget] if isinstance(budget, SharedRequestBudget) else []),
            *([VoyageCensus(database, clock, budget, metrics)] if metrics else []),
        ],
        shutdown=close,
    )


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "navigation_service")
    return run(lambda: build(settings))


def run_migrations(settings: Settings) -> int:
    """Apply the migrations; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "navigation_service")
    return migrations.run_migrations(migrate(settings))


async def migrate(settings: Settings) -> None:
    """Bring the database's schema to this release's. Raises Unavailable if the database does not answer."""
    await migrations.migrate_and_close(_open_database(settings)[0], "navigation_service", VERSION_TABLE)


def _voyages(settings: Settings, database: Database, clock: Clock, metrics: FleetMetrics | None) -> SqlVoyages:
    lease_seconds = settings.voyage_lease_seconds
    if metrics is None:
        return SqlVoyages(database, clock, lease_seconds=lease_seconds)
    return MeteredVoyages(database, clock, lease_seconds=lease_seconds, metrics=metrics)


def _budget(
    settings: Settings, database: Database, clock: Clock, owner: str
) -> LocalRequestBudget | SharedRequestBudget:
    """SQLite has one process, which needs to share nothing."""
    per_second, burst = settings.game_requests_per_second, settings.game_burst
    if database.dialect == "sqlite":
        return LocalRequestBudget(clock, per_second=per_second, burst=burst)
    return SharedRequestBudget(
        database,
        clock,
        game_server=settings.game_server,
        replica=owner,
        per_second=per_second,
        burst=burst,
        call_seconds=settings.game_timeout_seconds,
    )


def _server(settings: Settings, servicer: NavigationServicer, metrics: FleetMetrics | None) -> GrpcServer:
    return GrpcServer(
        ServerOptions.of(settings, access=paths_of(SERVICE_NAME, ALLOWED)),
        domain="spacetraders.navigation",
        services=[Service(SERVICE_NAME, lambda grpc_server: register(grpc_server, servicer))],
        metrics=RpcMetrics(metrics.registry) if metrics else None,
    )


def _open_database(settings: Settings) -> tuple[Database, SqliteFileLock | None]:
    lock = None
    if (file := settings.sqlite_file) is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartupError(f"{file.parent} cannot be made: {error}; set DATA_DIR or DATABASE_URL") from error
        lock = SqliteFileLock(file)
    return Database(settings.database_url.get_secret_value()), lock


def _owner() -> str:
    """Names this process in leases: never the same twice, and telling to operators."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
