"""What can go wrong in navigation, in words that callers are meant to see."""

from datetime import datetime
from typing import Self

from shared_kernel.errors import Exhausted, Forbidden, NotFound, PreconditionFailed, Unavailable


class PlayerNotFoundError(NotFound):
    reason = "PLAYER_NOT_FOUND"


class ShipNotFoundError(NotFound):
    reason = "SHIP_NOT_FOUND"


class SystemNotFoundError(NotFound):
    reason = "SYSTEM_NOT_FOUND"


class WaypointNotFoundError(NotFound):
    reason = "WAYPOINT_NOT_FOUND"


class VoyageNotFoundError(NotFound):
    reason = "VOYAGE_NOT_FOUND"

    @classmethod
    def of(cls, voyage_id: str) -> Self:
        return cls(f"there is no voyage {voyage_id}; ListVoyages names those there are", {"voyage_id": voyage_id})


class NoRouteFoundError(PreconditionFailed):
    """Metadata as the routing service gives it: origin, destination, cause, unreachable, nearest_reachable, …"""

    reason = "NO_ROUTE"


class ShipBusyError(PreconditionFailed):
    """Another voyage holds the ship. Metadata: voyage_id, owner, since; ship_symbols where several are busy."""

    reason = "SHIP_BUSY"

    @classmethod
    def held(cls, ship_symbol: str, *others: str, voyage_id: str, owner: str, since: datetime) -> Self:
        """`owner` is empty while the voyage waits and nobody works on it. `others` are busy too."""
        metadata = {"voyage_id": voyage_id, "owner": owner, "since": since.isoformat()}
        message = (
            f"{ship_symbol} is on voyage {voyage_id} since {since:%Y-%m-%dT%H:%M:%SZ}; cancel that, or wait for its end"
        )
        if others:
            metadata["ship_symbols"] = ",".join((ship_symbol, *others))
            message += f". Busy too: {', '.join(others)}"
        return cls(message, metadata)


class InvalidShipStateError(PreconditionFailed):
    """The ship's nav status, place or tank does not allow it."""

    reason = "INVALID_SHIP_STATE"


class OutsideSystemError(PreconditionFailed):
    reason = "OUTSIDE_SYSTEM"


class TokenRejectedError(PreconditionFailed):
    """The game refuses the player's token. Metadata: agent_symbol, game_error_code."""

    reason = "TOKEN_REJECTED"


class UniverseResetError(PreconditionFailed):
    """The game's universe was reset since the token was made."""

    reason = "UNIVERSE_RESET"


class InsufficientCreditsError(PreconditionFailed):
    reason = "INSUFFICIENT_CREDITS"


class VoyageEndedError(PreconditionFailed):
    reason = "VOYAGE_ENDED"


class GameUnavailableError(Unavailable):
    reason = "GAME_UNAVAILABLE"


class RoutingUnavailableError(Unavailable):
    reason = "ROUTING_UNAVAILABLE"


class PlayerServiceUnavailableError(Unavailable):
    reason = "PLAYER_SERVICE_UNAVAILABLE"


class RoutingQueueFullError(Exhausted):
    reason = "QUEUE_FULL"


class GameBudgetExhaustedError(Exhausted):
    reason = "GAME_BUDGET_EXHAUSTED"


class PlayerAccessError(Forbidden):
    """The player service does not hand this caller tokens."""

    reason = "PERMISSION_DENIED"


class LeaseLostError(Exception):
    """Another worker holds the voyage now, or it was ended: whatever was decided about it is void."""
