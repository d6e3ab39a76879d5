"""The only file that knows everything: how the navigation service is put together."""

from collections.abc import Callable
from dataclasses import dataclass

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand, AdvanceVoyageHandler
from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand, CancelVoyageHandler
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, ClaimVoyageHandler
from navigation_service.application.commands.dock_ship import DockShipCommand, DockShipHandler
from navigation_service.application.commands.navigate_ship import NavigateShipCommand, NavigateShipHandler
from navigation_service.application.commands.orbit_ship import OrbitShipCommand, OrbitShipHandler
from navigation_service.application.commands.refuel_ship import RefuelShipCommand, RefuelShipHandler
from navigation_service.application.commands.set_flight_mode import SetFlightModeCommand, SetFlightModeHandler
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
from navigation_service.application.voyage_planning import VoyagePlanning
from pymediatr import Mediator
from service_chassis.behaviors import LoggingBehavior, TransactionBehavior, ValidationBehavior
from shared_kernel.clock import Clock
from shared_kernel.idempotency import Outcomes

# They wait for the game or for another service, and open their own short transactions in between.
MANUAL_TRANSACTIONS = frozenset(
    {
        *(NavigateShipCommand, OrbitShipCommand, DockShipCommand, RefuelShipCommand, SetFlightModeCommand),
        *(ClaimVoyageCommand, AdvanceVoyageCommand),
        *(PlanRouteQuery, GetShipQuery, ListShipsQuery, GetSystemGraphQuery),
    }
)
# They come several times a second, and the voyages' own events tell what came of them.
QUIET = frozenset({ClaimVoyageCommand, AdvanceVoyageCommand})


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
    mediator.register_handler(CancelVoyageCommand, CancelVoyageHandler(voyages, ports.log))
    mediator.register_handler(OrbitShipCommand, OrbitShipHandler(orders))
    mediator.register_handler(DockShipCommand, DockShipHandler(orders))
    mediator.register_handler(RefuelShipCommand, RefuelShipHandler(orders))
    mediator.register_handler(SetFlightModeCommand, SetFlightModeHandler(orders))
    mediator.register_handler(ClaimVoyageCommand, ClaimVoyageHandler(crew))
    mediator.register_handler(AdvanceVoyageCommand, AdvanceVoyageHandler(crew))
    mediator.register_handler(PlanRouteQuery, PlanRouteHandler(acting, lookout, planning))
    mediator.register_handler(GetRouteQuery, GetRouteHandler(voyages))
    mediator.register_handler(GetVoyageQuery, GetVoyageHandler(voyages))
    mediator.register_handler(ListVoyagesQuery, ListVoyagesHandler(voyages))
    mediator.register_handler(WatchVoyageQuery, WatchVoyageHandler(scopes, voyages))
    mediator.register_handler(GetShipQuery, GetShipHandler(scopes, acting, ships, lookout))
    mediator.register_handler(ListShipsQuery, ListShipsHandler(scopes, acting, ships, ports.game, clock))
    mediator.register_handler(GetSystemGraphQuery, GetSystemGraphHandler(acting, system_graphs))
    return mediator
