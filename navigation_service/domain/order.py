"""What a captain may order a ship to do beside voyages, and when there is nothing to do."""

from dataclasses import dataclass

from navigation_service.domain.errors import InvalidShipStateError
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction


@dataclass(frozen=True)
class Order:
    """`target` is a flight mode for SET_FLIGHT_MODE, else empty."""

    action: GameAction
    target: str = ""

    def is_needed(self, ship: Ship) -> bool:
        """Whether the game has to be called. Raises InvalidShipStateError if it would refuse."""
        if self.action is GameAction.SET_FLIGHT_MODE and ship.flight_mode.value == self.target:
            return False
        if ship.in_transit:
            raise _in_transit(ship)
        match self.action:
            case GameAction.ORBIT:
                return ship.nav_status is NavStatus.DOCKED
            case GameAction.DOCK:
                return ship.nav_status is NavStatus.IN_ORBIT
            case GameAction.REFUEL if not ship.needs_no_fuel and ship.nav_status is not NavStatus.DOCKED:
                raise InvalidShipStateError(f"{ship.ship_symbol} is in orbit; dock it before it refuels", _place(ship))
            case GameAction.REFUEL:
                return not ship.needs_no_fuel
            case _:
                return True


def _in_transit(ship: Ship) -> InvalidShipStateError:
    arrival = ship.arrival_time
    told = f" at {arrival:%Y-%m-%dT%H:%M:%SZ}" if arrival else ""
    message = f"{ship.ship_symbol} is in transit to {ship.waypoint_symbol}; wait for its arrival{told}"
    return InvalidShipStateError(message, _place(ship) | {"arrival": arrival.isoformat() if arrival else ""})


def _place(ship: Ship) -> dict[str, str]:
    return {"nav_status": ship.nav_status.value, "waypoint_symbol": ship.waypoint_symbol}
