"""The exact planner: one ship, one destination, the best route there is, or the proof that there is none."""

from routing_service.domain.flight import flight_of
from routing_service.domain.label_search import REFUEL, search
from routing_service.domain.prepared import PreparedGraph
from routing_service.domain.problem import Objective, RouteOptions, ShipProfile
from routing_service.domain.reach import refuse_unreachable
from routing_service.domain.route import Move, Route, route_of
from routing_service.domain.route_bounds import Tables


def plan_route(
    prepared: PreparedGraph, ship: ShipProfile, options: RouteOptions, origin: int, destination: int
) -> Route:
    """The route of least duration, then least fuel, then fewest steps (LEAST_FUEL: fuel before duration).

    Every waypoint is a possible stop, every leg may be flown in any allowed mode, and a refuel fills the tank.
    Origin and destination are positions in the graph. Raises NoRouteFoundError. Equal input gives equal routes.
    """
    if origin == destination:
        return route_of(prepared.graph, ship, options, origin, ())
    flight = flight_of(ship, options, least_fuel=options.objective is Objective.LEAST_FUEL)
    stations = prepared.stations if ship.fuel_capacity else prepared.stations[:0]
    tables = Tables(prepared.distance, prepared.metric, prepared.gap, stations, prepared.spans, prepared.gaps)
    path = search(flight, tables, prepared.graph.sells_fuel, origin, ship.fuel, destination)
    if not path.size:
        refuse_unreachable(prepared, ship, options, origin, [destination])
        raise AssertionError("the search found no route where there is one")
    modes = options.flight_modes
    moves: list[Move] = [(None if move == REFUEL else modes[move], waypoint) for move, waypoint in path.tolist()]
    return route_of(prepared.graph, ship, options, origin, moves)
