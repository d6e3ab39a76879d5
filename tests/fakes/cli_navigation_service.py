"""A navigation service in memory for tests of the command line. Voyages play the events that a test gave them."""

import threading
from collections.abc import Iterator, Sequence

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.navigation.v1.navigation_pb2 import (
    NAV_STATUS_DOCKED,
    NAV_STATUS_IN_ORBIT,
    Ship,
    Voyage,
    VoyageEvent,
)
from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceServicer
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_UNSPECIFIED, Route, Solution, SystemGraph
from tests.fakes.cli_status import ArmedRefusals, Refusal, bad_field, not_found
from tests.fakes.cli_tours import tour_route

ENDED = (Voyage.STATE_COMPLETED, Voyage.STATE_FAILED, Voyage.STATE_CANCELLED)


class FakeNavigationService(NavigationServiceServicer):
    """`routes` by destination, `scripts` (events) by destination; a destination without a route is NO_ROUTE.
    Scripts of tours and fleets are by ship.

    `cuts[n]` ends a watch after event n with that refusal, once. `hold` keeps watches open after the script's end.
    """

    def __init__(self, *, page_size: int = 500) -> None:
        self.armed = ArmedRefusals()
        self.ships: dict[str, Ship] = {}
        self.unreadable: list[str] = []
        self.routes: dict[str, Route] = {}
        self.scripts: dict[str, Sequence[VoyageEvent]] = {}
        self.voyages: dict[str, Voyage] = {}
        self.events: dict[str, list[VoyageEvent]] = {}
        self.cuts: dict[int, Refusal] = {}
        self.graph = SystemGraph()
        self.unknown_fuel_waypoints: list[str] = []
        self.unreachable_stops: list[str] = []
        self.solution = Solution()
        self.budget = pb.GetGameBudgetResponse()
        self.watching = threading.Event()
        self.released = threading.Event()
        self.hold = False
        self._page_size = page_size

    def add_voyage(self, voyage: Voyage, events: Sequence[VoyageEvent] = ()) -> None:
        """The newest so far."""
        self.voyages = {voyage.voyage_id: voyage, **self.voyages}
        self.events[voyage.voyage_id] = [of_voyage(event, voyage.voyage_id) for event in events]

    def NavigateShip(self, request: pb.NavigateShipRequest, context: grpc.ServicerContext) -> pb.NavigateShipResponse:
        self.armed.receive("NavigateShip", request, context)
        if not request.request_id:
            bad_field("request_id", "the command line always sets it").abort(context)
        for voyage in self.voyages.values():
            if voyage.request_id == request.request_id:
                return pb.NavigateShipResponse(voyage=voyage)
        ship = self._free_ship(request.ship_symbol, context)
        route = self._route(request.destination, context)
        voyage = self._planned(ship, [request.destination], route, request.request_id)
        self._keep(voyage, self.scripts.get(request.destination, ()))
        return pb.NavigateShipResponse(voyage=voyage)

    def PlanRoute(self, request: pb.PlanRouteRequest, context: grpc.ServicerContext) -> pb.PlanRouteResponse:
        self.armed.receive("PlanRoute", request, context)
        self._ship(request.ship_symbol, context)
        return pb.PlanRouteResponse(route=self._route(request.destination, context))

    def GetVoyage(self, request: pb.GetVoyageRequest, context: grpc.ServicerContext) -> pb.GetVoyageResponse:
        self.armed.receive("GetVoyage", request, context)
        return pb.GetVoyageResponse(voyage=self._voyage(request.voyage_id, context))

    def CancelVoyage(self, request: pb.CancelVoyageRequest, context: grpc.ServicerContext) -> pb.CancelVoyageResponse:
        self.armed.receive("CancelVoyage", request, context)
        voyage = self._voyage(request.voyage_id, context)
        if voyage.state in (Voyage.STATE_COMPLETED, Voyage.STATE_FAILED):
            Refusal(
                grpc.StatusCode.FAILED_PRECONDITION, "VOYAGE_ENDED", "it is over", {"voyage_id": voyage.voyage_id}
            ).abort(context)
        if voyage.owner:
            voyage.cancel_requested = True
        else:
            voyage.state = Voyage.STATE_CANCELLED
        return pb.CancelVoyageResponse(voyage=voyage)

    def ListVoyages(self, request: pb.ListVoyagesRequest, context: grpc.ServicerContext) -> pb.ListVoyagesResponse:
        self.armed.receive("ListVoyages", request, context)
        if not request.agent_symbol and not request.player_id and not request.ship_symbol:
            bad_field("agent_symbol", "give player_id, agent_symbol or ship_symbol").abort(context)
        owner = request.agent_symbol or request.ship_symbol.rpartition("-")[0]
        wanted = [
            voyage
            for voyage in self.voyages.values()
            if voyage.ship_symbol.rpartition("-")[0] == owner
            and request.ship_symbol in ("", voyage.ship_symbol)
            and (not request.states or voyage.state in request.states)
        ]
        start = int(request.page_token or 0)
        size = min(request.page_size or 50, self._page_size)
        more = str(start + size) if len(wanted) > start + size else ""
        return pb.ListVoyagesResponse(voyages=wanted[start : start + size], next_page_token=more)

    def WatchVoyage(
        self, request: pb.WatchVoyageRequest, context: grpc.ServicerContext
    ) -> Iterator[pb.WatchVoyageResponse]:
        self.armed.receive("WatchVoyage", request, context)
        voyage = self._voyage(request.voyage_id, context)
        self.watching.set()
        for event in self.events[voyage.voyage_id]:
            if event.number <= request.after_event_number:
                continue
            voyage.state, voyage.step_index, voyage.last_event_number = event.state, event.step_index, event.number
            voyage.failure.CopyFrom(event.ended.failure)
            if event.state == Voyage.STATE_COMPLETED and voyage.ship_symbol in self.ships:
                self.ships[voyage.ship_symbol].waypoint_symbol = voyage.stops[-1].waypoint_symbol
            yield pb.WatchVoyageResponse(event=event)
            if event.number in self.cuts:
                self.cuts.pop(event.number).abort(context)
        if self.hold:
            self.released.wait(30)

    def GetShip(self, request: pb.GetShipRequest, context: grpc.ServicerContext) -> pb.GetShipResponse:
        self.armed.receive("GetShip", request, context)
        return pb.GetShipResponse(ship=self._ship(request.ship_symbol, context))

    def ListShips(self, request: pb.ListShipsRequest, context: grpc.ServicerContext) -> pb.ListShipsResponse:
        self.armed.receive("ListShips", request, context)
        if not request.agent_symbol and not request.player_id:
            bad_field("agent_symbol", "give player_id or agent_symbol").abort(context)
        mine = [s for name, s in sorted(self.ships.items()) if name.rpartition("-")[0] == request.agent_symbol]
        start = int(request.page_token or 0)
        size = min(request.page_size or 50, self._page_size)
        more = str(start + size) if len(mine) > start + size else ""
        return pb.ListShipsResponse(
            ships=mine[start : start + size], next_page_token=more, unreadable_ship_symbols=self.unreadable
        )

    def OrbitShip(self, request: pb.OrbitShipRequest, context: grpc.ServicerContext) -> pb.OrbitShipResponse:
        self.armed.receive("OrbitShip", request, context)
        ship = self._free_ship(request.ship_symbol, context)
        ship.nav_status = NAV_STATUS_IN_ORBIT
        return pb.OrbitShipResponse(ship=ship)

    def DockShip(self, request: pb.DockShipRequest, context: grpc.ServicerContext) -> pb.DockShipResponse:
        self.armed.receive("DockShip", request, context)
        ship = self._free_ship(request.ship_symbol, context)
        ship.nav_status = NAV_STATUS_DOCKED
        return pb.DockShipResponse(ship=ship)

    def RefuelShip(self, request: pb.RefuelShipRequest, context: grpc.ServicerContext) -> pb.RefuelShipResponse:
        self.armed.receive("RefuelShip", request, context)
        ship = self._free_ship(request.ship_symbol, context)
        ship.fuel = ship.fuel_capacity
        return pb.RefuelShipResponse(ship=ship)

    def SetFlightMode(
        self, request: pb.SetFlightModeRequest, context: grpc.ServicerContext
    ) -> pb.SetFlightModeResponse:
        self.armed.receive("SetFlightMode", request, context)
        ship = self._free_ship(request.ship_symbol, context)
        if request.flight_mode == FLIGHT_MODE_UNSPECIFIED:
            bad_field("flight_mode", "must be set").abort(context)
        ship.flight_mode = request.flight_mode
        return pb.SetFlightModeResponse(ship=ship)

    def GetSystemGraph(
        self, request: pb.GetSystemGraphRequest, context: grpc.ServicerContext
    ) -> pb.GetSystemGraphResponse:
        self.armed.receive("GetSystemGraph", request, context)
        return pb.GetSystemGraphResponse(graph=self.graph, unknown_fuel_waypoints=self.unknown_fuel_waypoints)

    def GetRoute(self, request: pb.GetRouteRequest, context: grpc.ServicerContext) -> pb.GetRouteResponse:
        return pb.GetRouteResponse(route=self._voyage(request.voyage_id, context).route)

    def StartTour(self, request: pb.StartTourRequest, context: grpc.ServicerContext) -> pb.StartTourResponse:
        self.armed.receive("StartTour", request, context)
        self._check_itinerary(request, context)
        ship = self._free_ship(request.ship_symbol, context)
        order = sorted(request.waypoints) if request.optimize_order else list(request.waypoints)
        route = tour_route(ship, order, return_to_origin=request.return_to_origin)
        voyage = self._planned(ship, order, route, request.request_id)
        voyage.repeat = request.repeat
        if not request.validate_only:
            self._keep(voyage, self.scripts.get(ship.ship_symbol, ()))
        return pb.StartTourResponse(voyage=voyage, solution=self.solution)

    def DispatchFleet(
        self, request: pb.DispatchFleetRequest, context: grpc.ServicerContext
    ) -> pb.DispatchFleetResponse:
        """Deals the stops out to the ships in turn."""
        self.armed.receive("DispatchFleet", request, context)
        self._check_itinerary(request, context)
        if not request.agent_symbol:
            bad_field("agent_symbol", "ship symbols in a list name no player").abort(context)
        ships = [self._free_ship(symbol, context) for symbol in request.ship_symbols]
        stops = [stop for stop in request.waypoints if stop not in self.unreachable_stops]
        shares = {ship.ship_symbol: stops[number :: len(ships)] for number, ship in enumerate(ships)}
        voyages = []
        for ship in ships:
            if share := shares[ship.ship_symbol]:
                route = tour_route(ship, share, return_to_origin=request.return_to_origin)
                voyage = self._planned(ship, share, route, request.request_id)
                voyages.append(voyage)
                if not request.validate_only:
                    self._keep(voyage, self.scripts.get(ship.ship_symbol, ()))
        return pb.DispatchFleetResponse(
            voyages=voyages,
            unreachable_stops=[stop for stop in request.waypoints if stop in self.unreachable_stops],
            idle_ship_symbols=[symbol for symbol, share in shares.items() if not share],
            solution=self.solution,
        )

    def GetGameBudget(
        self, request: pb.GetGameBudgetRequest, context: grpc.ServicerContext
    ) -> pb.GetGameBudgetResponse:
        self.armed.receive("GetGameBudget", request, context)
        return self.budget

    def _check_itinerary(
        self, request: pb.StartTourRequest | pb.DispatchFleetRequest, context: grpc.ServicerContext
    ) -> None:
        if not request.request_id:
            bad_field("request_id", "the command line always sets it").abort(context)
        if not request.waypoints:
            bad_field("waypoints", "must not be empty").abort(context)
        for number, waypoint in enumerate(request.waypoints):
            if not waypoint.startswith("X1-AB12-") or waypoint in request.waypoints[:number]:
                bad_field(f"waypoints[{number}]", "must be a waypoint of X1-AB12, once").abort(context)

    def _planned(self, ship: Ship, stops: Sequence[str], route: Route, request_id: str) -> Voyage:
        """Without an id, as a plan has none."""
        return Voyage(
            ship_symbol=ship.ship_symbol,
            stops=[Voyage.Stop(waypoint_symbol=stop) for stop in stops],
            state=Voyage.STATE_PLANNED if route.steps else Voyage.STATE_COMPLETED,
            route=route,
            round=1,
            create_time=Timestamp(seconds=1_750_000_000),
            eta=Timestamp(seconds=1_750_000_000 + route.duration.seconds),
            request_id=request_id,
        )

    def _keep(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        voyage.voyage_id = f"01930000-0000-7000-8000-{len(self.voyages) + 1:012d}"
        self.add_voyage(voyage, events)

    def _ship(self, ship_symbol: str, context: grpc.ServicerContext) -> Ship:
        if ship_symbol not in self.ships:
            not_found("SHIP", ship_symbol).abort(context)
        return self.ships[ship_symbol]

    def _free_ship(self, ship_symbol: str, context: grpc.ServicerContext) -> Ship:
        ship = self._ship(ship_symbol, context)
        if ship.voyage_id:
            Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "SHIP_BUSY",
                f"{ship_symbol} is held by a voyage",
                {"voyage_id": ship.voyage_id, "owner": "worker-1", "since": "2026-11-22T10:00:00Z"},
            ).abort(context)
        return ship

    def _route(self, destination: str, context: grpc.ServicerContext) -> Route:
        if destination not in self.routes:
            Refusal(
                grpc.StatusCode.FAILED_PRECONDITION,
                "NO_ROUTE",
                f"no route to {destination}",
                {"cause": "FUEL_TOO_LOW", "required_fuel": "120", "nearest_reachable": "X1-AB12-B7"},
            ).abort(context)
        return self.routes[destination]

    def _voyage(self, voyage_id: str, context: grpc.ServicerContext) -> Voyage:
        if voyage_id not in self.voyages:
            not_found("VOYAGE", voyage_id).abort(context)
        return self.voyages[voyage_id]


def of_voyage(event: VoyageEvent, voyage_id: str) -> VoyageEvent:
    copy = VoyageEvent()
    copy.CopyFrom(event)
    copy.voyage_id = voyage_id
    return copy
