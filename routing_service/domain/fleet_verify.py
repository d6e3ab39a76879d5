"""The judge of every fleet's plan that leaves this service. As with single routes, no solver imports it."""

from routing_service.domain.fleet import FleetObjective, FleetPlan, FleetProblem, FleetShip, ShipTour
from routing_service.domain.tour import Status
from routing_service.domain.verify import PlanRejectedError, verify_route


def verify_fleet(problem: FleetProblem, plan: FleetPlan) -> None:
    """Raises PlanRejectedError unless every tour can be flown as it says, every stop is in one tour or named as
    unreachable, and objective, bound and status go together."""
    _require(
        [tour.ship_symbol for tour in plan.tours] == [ship.symbol for ship in problem.ships],
        "the tours are not one per ship, in their order",
    )
    for ship, tour in zip(problem.ships, plan.tours, strict=True):
        _verify_tour(problem, ship, tour)
    visited = [stop for tour in plan.tours for stop in tour.visit_order]
    named = sorted([*visited, *plan.unreachable_stops])
    _require(
        named == sorted(problem.graph.symbols[stop] for stop in problem.stops), "the stops are not those asked for"
    )
    objective = _objective(problem, plan)
    _require(plan.objective == objective, f"the plan is worth {objective} ns, not {plan.objective}")
    _require(0 <= plan.lower_bound <= objective, "the lower bound is not one")
    proven = plan.lower_bound == objective
    _require(proven or plan.status is not Status.OPTIMAL, "the plan is called optimal, and its bound does not say so")


def _verify_tour(problem: FleetProblem, ship: FleetShip, tour: ShipTour) -> None:
    origin = problem.graph.symbols[ship.origin]
    back = problem.return_to_origin or not tour.visit_order
    verify_route(
        problem.graph,
        ship.profile,
        problem.options,
        tour.route,
        origin=origin,
        destination=origin if back else tour.visit_order[-1],
        visit_order=tour.visit_order,
    )
    _require(bool(tour.visit_order) or not tour.route.steps, f"{ship.symbol} flies though it has no stops")


def _objective(problem: FleetProblem, plan: FleetPlan) -> int:
    durations = [tour.route.duration for tour in plan.tours]
    if problem.objective is FleetObjective.TOTAL_TIME:
        return sum(durations)
    ends = zip(problem.ships, plan.tours, durations, strict=True)
    return max((ship.available_in + duration for ship, tour, duration in ends if tour.visit_order), default=0)


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise PlanRejectedError(otherwise)
