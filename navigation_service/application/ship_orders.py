"""Orders to a single ship that a caller waits for: orbit, dock, refuel, flight mode."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.free_ships import FreeShips
from navigation_service.application.lookout import Look, Lookout
from navigation_service.application.ports import (
    Credential,
    GameGateway,
    PlayerKey,
    RequestBudget,
    SystemGraphRepository,
    UnitOfWork,
    Urgency,
)
from navigation_service.application.token_refusal import token_refusal
from navigation_service.domain.errors import (
    GameBudgetExhaustedError,
    GameUnavailableError,
    InsufficientCreditsError,
    InvalidShipStateError,
    ShipNotFoundError,
)
from navigation_service.domain.order import Order
from navigation_service.domain.outcome import (
    INSUFFICIENT_CREDITS,
    NOT_FOUND,
    NOT_SOLD_HERE,
    Done,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    Refused,
    shows_effect,
)
from navigation_service.domain.ship import Ship, ShipRecord
from navigation_service.domain.voyage import SEND_WINDOW_SECONDS, Intent
from shared_kernel.clock import Clock
from shared_kernel.errors import DomainError, RetryableError

# What is left of a caller's time for the look that resolves an unknown outcome.
_LOOK_SECONDS = 1.0


@dataclass(frozen=True)
class ShipOrders:
    """`time_left` tells the seconds until the present caller's deadline, None without one."""

    unit_of_work: UnitOfWork
    acting: ActingForPlayers
    free_ships: FreeShips
    lookout: Lookout
    game: GameGateway
    budget: RequestBudget
    graphs: SystemGraphRepository
    clock: Clock
    call_seconds: float
    time_left: Callable[[], float | None]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def carry_out(self, player: PlayerKey, ship_symbol: str, order: Order) -> ShipRecord:
        """The ship after the order, which calls the game only if there is something to do.

        Raises ShipBusyError while a voyage holds the ship, InvalidShipStateError, InsufficientCreditsError,
        ShipNotFoundError, GameUnavailableError (whose metadata tells the `outcome`: none or unknown).
        """
        return await self.acting.act(player, partial(self._carry_out, ship_symbol, order))

    async def _carry_out(self, ship_symbol: str, order: Order, credential: Credential) -> ShipRecord:
        await self.free_ships.require(credential.universe, ship_symbol)
        look = await self.lookout.look(credential, ship_symbol)
        if order.is_needed(look.ship):
            look = await self._send(credential, look.ship, order)
        return await self.lookout.keep(credential, look)

    async def _send(self, credential: Credential, ship: Ship, order: Order) -> Look:
        permit = await self.budget.acquire(Urgency.CALLER, credential.agent_symbol)
        send_by = self.clock.monotonic() + SEND_WINDOW_SECONDS
        outcome = await self.game.perform(credential, ship, order.action, order.target, permit=permit, send_by=send_by)
        match outcome:
            case Done(ship=changed):
                now = self.clock.monotonic()
                return Look(changed, now, now)
            case Refused():
                raise await self._refusal(credential, ship, order, outcome)
            case RateLimited(retry_after=seconds):
                raise GameBudgetExhaustedError("the game's request limit is used up", retry_after=seconds)
            case NotSent(cause=cause):
                raise GameUnavailableError(f"{order.action.value} was not sent: {cause}", {"outcome": "none"})
            case OutcomeUnknown(cause=cause):
                return await self._resolve(credential, ship, order, cause, send_by + self.call_seconds)

    async def _resolve(self, credential: Credential, ship: Ship, order: Order, cause: str, settled: float) -> Look:
        """Look whether the order took effect, once it can no longer do so unseen."""
        wait, left = max(settled - self.clock.monotonic(), 0.0), self.time_left()
        unknown = GameUnavailableError(
            f"the outcome of {order.action.value} is not known ({cause}); look at the ship before you repeat it",
            {"outcome": "unknown"},
            retry_after=max(wait, 1.0),
        )
        if left is not None and left < wait + _LOOK_SECONDS:
            raise unknown
        await self.sleep(wait)
        try:
            look = await self.lookout.look(credential, ship.ship_symbol)
        except RetryableError as trouble:
            raise unknown from trouble
        intent = Intent(order.action, order.target, 0, ship.waypoint_symbol, ship.fuel, 0, self.clock.now())
        if shows_effect(intent, look.ship):
            return look
        raise GameUnavailableError(f"{order.action.value} did not happen ({cause}); try again", {"outcome": "none"})

    async def _refusal(self, credential: Credential, ship: Ship, order: Order, refused: Refused) -> DomainError:
        metadata = refused.metadata | {"game_error_code": str(refused.code), "waypoint_symbol": ship.waypoint_symbol}
        if trouble := token_refusal(refused, credential):
            return trouble
        match refused.code:
            case code if code == NOT_FOUND:
                return ShipNotFoundError(f"{credential.agent_symbol} has no ship {ship.ship_symbol}", metadata)
            case code if code == INSUFFICIENT_CREDITS:
                return InsufficientCreditsError(str(refused), metadata)
            case code if code == NOT_SOLD_HERE:
                async with self.unit_of_work.transaction():
                    await self.graphs.mark_fuel(credential.universe, ship.waypoint_symbol, False)
                message = f"{ship.waypoint_symbol} sells no fuel; navigate to a waypoint that does (GetSystemGraph)"
                return InvalidShipStateError(message, metadata)
            case _:
                return InvalidShipStateError(str(refused), metadata)
