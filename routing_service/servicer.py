"""RoutingService on the wire: messages in, one request to the mediator, messages out."""

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import grpc

from protos.routing.v1 import routing_pb2 as pb
from protos.routing.v1 import routing_service_pb2 as service_pb
from protos.routing.v1 import routing_service_pb2_grpc as service_grpc
from pymediatr import Mediator
from routing_service.application.fields import MAX_LISTED_MODES, BudgetInput, GraphInput, OptionsInput, ShipInput
from routing_service.application.queries.compute_travel_times import ComputeTravelTimesQuery, TravelTimes
from routing_service.application.queries.optimize_tour import OptimizeTourQuery
from routing_service.application.queries.partition_fleet import FleetShipInput, PartitionFleetQuery
from routing_service.application.queries.plan_route import PlanRouteQuery
from routing_service.domain.fleet import MAX_SHIPS, ShipTour
from routing_service.domain.problem import MAX_WAYPOINTS, NANOS_PER_SECOND
from routing_service.domain.route import Navigate, Route
from routing_service.domain.tour import Status
from service_chassis.wire import duration_to_nanos, nanos_to_duration, write_nanos
from shared_kernel.physics import FlightMode

SERVICE_NAME = service_pb.DESCRIPTOR.services_by_name["RoutingService"].full_name
Context = grpc.aio.ServicerContext[Any, Any]

_FLIGHT_MODES = {mode: pb.FlightMode.Value(f"FLIGHT_MODE_{mode.value}") for mode in FlightMode}
# Two hundred stops at opposite ends of a long chain of refuels can burn more than the field can say.
_MOST_FUEL = 2**31 - 1
_REMEMBERED_GRAPHS = 64
_REMEMBERED_BYTES = 256 * 1024


class RoutingServicer(service_grpc.RoutingServiceServicer):
    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator
        self._graphs = _GraphReader(_REMEMBERED_GRAPHS)

    async def PlanRoute(self, request: service_pb.PlanRouteRequest, context: Context) -> service_pb.PlanRouteResponse:
        response = service_pb.PlanRouteResponse()
        _write_route(response.route, await self._mediator.send(self._to_route_query(request)))
        return response

    async def OptimizeTour(
        self, request: service_pb.OptimizeTourRequest, context: Context
    ) -> service_pb.OptimizeTourResponse:
        tour = await self._mediator.send(self._to_tour_query(request))
        response = service_pb.OptimizeTourResponse(
            visit_order=tour.plan.visit_order,
            solution=_to_solution(tour.plan.status, tour.plan.route.duration, tour.plan.lower_bound, tour.solve_time),
        )
        _write_route(response.route, tour.plan.route)
        return response

    async def PartitionFleet(
        self, request: service_pb.PartitionFleetRequest, context: Context
    ) -> service_pb.PartitionFleetResponse:
        fleet = await self._mediator.send(self._to_fleet_query(request))
        response = service_pb.PartitionFleetResponse(
            unreachable_stops=fleet.plan.unreachable_stops,
            solution=_to_solution(fleet.plan.status, fleet.plan.objective, fleet.plan.lower_bound, fleet.solve_time),
        )
        _write_tours(response, fleet.plan.tours)
        return response

    async def ComputeTravelTimes(
        self, request: service_pb.ComputeTravelTimesRequest, context: Context
    ) -> service_pb.ComputeTravelTimesResponse:
        query = ComputeTravelTimesQuery(
            self._graphs.read(request.graph),
            _to_ship(request.ship),
            tuple(request.waypoints),
            _to_options(request.options),
        )
        return service_pb.ComputeTravelTimesResponse(rows=await _to_rows(await self._mediator.send(query)))

    def _to_route_query(self, request: service_pb.PlanRouteRequest) -> PlanRouteQuery:
        return PlanRouteQuery(
            graph=self._graphs.read(request.graph),
            ship=_to_ship(request.ship),
            origin=request.origin,
            destination=request.destination,
            options=_to_options(request.options),
        )

    def _to_tour_query(self, request: service_pb.OptimizeTourRequest) -> OptimizeTourQuery:
        return OptimizeTourQuery(
            graph=self._graphs.read(request.graph),
            ship=_to_ship(request.ship),
            origin=request.origin,
            stops=tuple(request.stops),
            return_to_origin=request.return_to_origin,
            options=_to_options(request.options),
            solve=_to_budget(request.solve),
            keep_order=request.keep_order,
            destination=request.destination,
        )

    def _to_fleet_query(self, request: service_pb.PartitionFleetRequest) -> PartitionFleetQuery:
        return PartitionFleetQuery(
            graph=self._graphs.read(request.graph),
            ships=tuple(_to_fleet_ship(ship) for ship in request.ships[: MAX_SHIPS + 1]),
            stops=tuple(request.stops),
            return_to_origin=request.return_to_origin,
            objective=request.objective,
            options=_to_options(request.options),
            solve=_to_budget(request.solve),
        )


def register(server: grpc.aio.Server, servicer: RoutingServicer) -> None:
    service_grpc.add_RoutingServiceServicer_to_server(servicer, server)


class _GraphReader:
    """Turns graph messages into columns. Callers send the same few maps all the time, and reading a message field
    by field costs more than planning over it, so the last ones are remembered by their bytes."""

    def __init__(self, remembered: int) -> None:
        self._remembered = remembered
        self._read: OrderedDict[bytes, GraphInput] = OrderedDict()

    def read(self, message: pb.SystemGraph) -> GraphInput:
        content = message.SerializeToString(deterministic=True)
        graph = self._read.get(content)
        if graph is None:
            graph = _to_graph(message, content)
            if len(content) <= _REMEMBERED_BYTES:
                self._read[content] = graph
            if len(self._read) > self._remembered:
                self._read.popitem(last=False)
        else:
            self._read.move_to_end(content)
        return graph


def _to_graph(message: pb.SystemGraph, content: bytes) -> GraphInput:
    # A message may hold many more than are allowed; one too many is enough to be refused.
    waypoints = message.waypoints[: MAX_WAYPOINTS + 1]
    return GraphInput(
        system_symbol=message.system_symbol,
        symbols=tuple([waypoint.symbol for waypoint in waypoints]),
        x=tuple([waypoint.x for waypoint in waypoints]),
        y=tuple([waypoint.y for waypoint in waypoints]),
        sells_fuel=tuple([waypoint.sells_fuel for waypoint in waypoints]),
        content_key=hashlib.blake2b(content, digest_size=16).digest(),
    )


def _to_ship(message: pb.ShipProfile) -> ShipInput:
    return ShipInput(message.fuel, message.fuel_capacity, message.engine_speed)


def _to_fleet_ship(message: service_pb.FleetShip) -> FleetShipInput:
    available_in = duration_to_nanos(message.available_in)
    return FleetShipInput(message.ship_symbol, _to_ship(message.ship), message.origin, available_in)


def _to_options(message: pb.RouteOptions) -> OptionsInput:
    return OptionsInput(
        allowed_flight_modes=tuple(message.allowed_flight_modes[: MAX_LISTED_MODES + 1]),
        refuel_duration=duration_to_nanos(message.refuel_duration),
        departure_overhead=duration_to_nanos(message.departure_overhead),
        objective=message.objective,
    )


def _to_budget(message: pb.SolveBudget) -> BudgetInput:
    return BudgetInput(duration_to_nanos(message.time_limit), message.seed, message.work_limit)


def _to_solution(status: Status, objective: int, lower_bound: int, solve_time: int) -> pb.Solution:
    return pb.Solution(
        status=pb.Solution.Status.Value(f"STATUS_{status.value}"),
        objective=nanos_to_duration(objective),
        lower_bound=nanos_to_duration(lower_bound),
        solve_time=nanos_to_duration(solve_time),
    )


# Routes are filled in place: messages that are made with arguments and then copied take three times as long.
def _write_tours(response: service_pb.PartitionFleetResponse, tours: Sequence[ShipTour]) -> None:
    for tour in tours:
        written = response.tours.add(ship_symbol=tour.ship_symbol, visit_order=tour.visit_order)
        _write_route(written.route, tour.route)


async def _to_rows(table: Sequence[TravelTimes]) -> list[service_pb.ComputeTravelTimesResponse.Row]:
    rows = []
    for times in table:
        rows.append(_to_row(times))
        # A large table takes long to write down, and other calls want their turn.
        await asyncio.sleep(0)
    return rows


def _to_row(row: TravelTimes) -> service_pb.ComputeTravelTimesResponse.Row:
    written = service_pb.ComputeTravelTimesResponse.Row(from_waypoint=row.from_waypoint)
    for to, nanos in row.durations:
        travel_time = written.travel_times.add()
        travel_time.to_waypoint = to
        duration = travel_time.duration
        duration.seconds, duration.nanos = divmod(nanos, NANOS_PER_SECOND)
    return written


def _write_route(written: pb.Route, route: Route) -> None:
    written.origin, written.destination = route.origin, route.destination
    written.fuel_consumed = min(route.fuel_consumed, _MOST_FUEL)
    written.distance, written.fuel_at_arrival = route.distance, route.fuel_at_arrival
    write_nanos(written.duration, route.duration)
    for step in route.steps:
        if isinstance(step, Navigate):
            _write_leg(written.steps.add().navigate, step)
        else:
            refuel = written.steps.add().refuel
            refuel.waypoint, refuel.fuel_added = step.waypoint, step.fuel_added


def _write_leg(written: pb.Step.Navigate, leg: Navigate) -> None:
    written.from_waypoint, written.to_waypoint = leg.from_waypoint, leg.to_waypoint
    written.flight_mode = _FLIGHT_MODES[leg.flight_mode]
    written.fuel, written.distance = leg.fuel, leg.distance
    write_nanos(written.duration, leg.duration)
