"""Which ship of a fleet visits what: the partition that routing makes, as departures to be accepted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from navigation_service.application.lookout import Look
from navigation_service.application.ports import Credential, FleetShip, FleetWish, ShipProfile
from navigation_service.application.started_voyages import StartedVoyages
from navigation_service.application.voyage_acceptance import Departure
from navigation_service.application.voyage_planning import VoyagePlanning
from navigation_service.domain.errors import OutsideSystemError
from navigation_service.domain.route import RouteOptions
from navigation_service.domain.tour import FleetObjective, FleetPlan
from shared_kernel.clock import Clock


@dataclass(frozen=True)
class FleetPlanning:
    """`time_scale`: how many times faster than the real game this one is; routing plans in the real one's time."""

    planning: VoyagePlanning
    clock: Clock
    time_scale: float = 1.0

    async def share_out(
        self,
        credential: Credential,
        looks: Sequence[Look],
        stops: tuple[str, ...],
        options: RouteOptions,
        *,
        return_to_origin: bool,
        objective: FleetObjective,
        repeat: bool,
    ) -> tuple[list[Departure], StartedVoyages]:
        """A departure for each ship that got stops, and the answer but for its voyages.

        Raises OutsideSystemError for ships in different systems, and as VoyagePlanning.map_for_caller and fleet do.
        """
        ships = [look.ship for look in looks]
        _require_one_system(looks)
        graph = await self.planning.map_for_caller(credential, ships[0], stops)
        wish = FleetWish(tuple(map(self._fleet_ship, looks)), stops, return_to_origin, objective)
        plan = await self.planning.fleet(graph, ships, wish, options, again=repeat)
        departures = _departures(looks, plan, options, return_to_origin=return_to_origin, repeat=repeat)
        busy = {departure.look.ship.ship_symbol for departure in departures}
        idle = tuple(ship.ship_symbol for ship in ships if ship.ship_symbol not in busy)
        return departures, StartedVoyages((), plan.solution, plan.unreachable_stops, idle)

    def _fleet_ship(self, look: Look) -> FleetShip:
        ship = look.ship
        profile = ShipProfile(ship.fuel, ship.fuel_capacity, ship.engine_speed)
        left = look.arrival_after(self.clock.monotonic()) / timedelta(microseconds=1)
        return FleetShip(ship.ship_symbol, profile, ship.waypoint_symbol, round(left * 1_000 * self.time_scale))


def _departures(
    looks: Sequence[Look], plan: FleetPlan, options: RouteOptions, *, return_to_origin: bool, repeat: bool
) -> list[Departure]:
    look_of = {look.ship.ship_symbol: look for look in looks}
    departures = []
    for tour in plan.tours:
        look = look_of[tour.ship_symbol]
        home = look.ship.waypoint_symbol if return_to_origin else ""
        # A ship whose share is one place has nothing to fly in a second round: it goes there, and stays.
        again = repeat and len({*tour.visit_order, *filter(None, [home])}) > 1
        departures.append(Departure(look, tour.visit_order, tour.route, options, again, home=home))
    return departures


def _require_one_system(looks: Sequence[Look]) -> None:
    first, *others = (look.ship for look in looks)
    for ship in others:
        if ship.system_symbol != first.system_symbol:
            metadata = {"ship_symbol": ship.ship_symbol, "ship_system": ship.system_symbol}
            raise OutsideSystemError(
                f"{ship.ship_symbol} is in {ship.system_symbol} and {first.ship_symbol} in {first.system_symbol}; "
                "dispatch the ships of each system by themselves",
                metadata,
            )
