"""One worker's turn with one voyage: from the claim until the voyage waits, ends, or is somebody else's."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from navigation_service.application.flight_crew import Claim, FlightCrew
from navigation_service.application.ports import Credential, Permit, PlayerKey, Urgency
from navigation_service.application.token_refusal import (
    confirm_refusal,
    end_voyages_of_player,
    token_refusal,
    universe_gone,
)
from navigation_service.domain.errors import (
    LeaseLostError,
    PlayerAccessError,
    ShipNotFoundError,
    TokenRejectedError,
    UniverseResetError,
)
from navigation_service.domain.events import Failure, VoyageState
from navigation_service.domain.next_action import Become, Observe, Replan, Send, Wait, next_action
from navigation_service.domain.outcome import Refused, Settlement, settle
from navigation_service.domain.ship import Ship, Sighting
from navigation_service.domain.voyage import SEND_WINDOW_SECONDS, GameAction, Intent, Voyage
from shared_kernel.errors import DomainError, RetryableError

MAX_BACK_OFF_SECONDS = 60.0

T = TypeVar("T")


class _InterruptedError(Exception):
    """The process drains, or the voyage is to be cancelled: nothing new is begun."""


class Flight:
    """Reconciles one claimed voyage with its ship. `now` is the database's clock, carried on by a monotonic one."""

    def __init__(self, crew: FlightCrew, claim: Claim) -> None:
        self._crew = crew
        self._voyage = claim.voyage
        self._permit: Permit | None = claim.permit
        self._credential: Credential | None = None
        self._interrupted = asyncio.Event()
        self._landed = asyncio.Event()
        self._is_set_back = False
        self._claim_time = claim.voyage.lease.since if claim.voyage.lease else claim.voyage.update_time
        self._claim_monotonic = crew.clock.monotonic()
        # How far the database's clock may be ahead of `now`: the claim's own answer took that long.
        self._lag = timedelta(seconds=self._claim_monotonic - claim.asked)

    async def fly(self) -> bool:
        """Returns when the voyage was released, False if an outage set it back. Raises LeaseLostError when it is no
        longer this worker's."""
        async with self._lease_kept():
            try:
                await self._reconcile()
            except _InterruptedError:
                await self._hand_back()
            except (RetryableError, PlayerAccessError) as trouble:
                await self._set_back(trouble)
            except (TokenRejectedError, UniverseResetError) as refusal:
                await self._judge_token(refusal)
            except DomainError as error:
                await self._fail(error)
            except LeaseLostError:
                raise
            except Exception:
                await self._wait_out("an unexpected fault of this service, whose log has the cause", 0.0)
                raise
        return not self._is_set_back

    async def _reconcile(self) -> None:
        if self._voyage.cancel_requested:
            await self._save(self._voyage.cancelled(self._now()), None)
            return
        credential = await self._credential_of_voyage()
        seen = self._seen_at_acceptance() or await self._look(credential)
        while self._voyage.state.is_active:
            match next_action(self._voyage, seen, self._now()):
                case Become(voyage=changed):
                    await self._save(changed, seen)
                case Observe():
                    seen = await self._look(credential)
                case Replan(cause=cause):
                    await self._replan(credential, seen, cause)
                case Wait(until=until, cause=cause):
                    await self._save(self._voyage.waiting(until, cause, self._now()), seen, release=True)
                    return
                case Send() as call:
                    settlement = await self._send(credential, seen, call)
                    if settlement.pause:
                        return
                    seen = settlement.seen or await self._look(credential)

    async def _send(self, credential: Credential, seen: Sighting, call: Send) -> Settlement:
        """Begin, send once, finish: between the first and the last the intent stands in the database."""
        self._stop_if_interrupted()
        permit = await self._next_permit(Urgency.ARRIVAL if call.action is GameAction.REFUEL else Urgency.VOYAGE)
        try:
            send_by = self._crew.clock.monotonic() + SEND_WINDOW_SECONDS
            if not await self._begin(self._voyage.begun(self._intent(seen.ship, call), self._now())):
                return Settlement(self._voyage, seen)
            outcome = await self._crew.game.perform(
                credential, seen.ship, call.action, call.target, permit=permit, send_by=send_by
            )
        finally:
            permit.give_back()
        if isinstance(outcome, Refused) and (refusal := token_refusal(outcome, credential)):
            await self._save(self._voyage.retracted(self._now(), str(outcome)), seen)
            raise refusal
        settlement = settle(self._voyage, seen, outcome, self._now(), self._back_off(0.0))
        await self._save(settlement.voyage, settlement.seen or seen, release=settlement.pause)
        if settlement.no_fuel_at:
            await self._learn_no_fuel(credential, seen, settlement.no_fuel_at)
        return settlement

    def _intent(self, ship: Ship, call: Send) -> Intent:
        voyage, seconds = self._voyage, SEND_WINDOW_SECONDS + self._crew.settings.call_seconds
        settle_time = self._now() + self._lag + timedelta(seconds=seconds)
        return Intent(
            call.action, call.target, voyage.step_index, ship.waypoint_symbol, ship.fuel, voyage.attempt, settle_time
        )

    async def _begin(self, voyage: Voyage) -> bool:
        """The fencing check. False if the voyage is to be cancelled instead."""
        async with self._crew.unit_of_work.transaction():
            begun = await self._crew.voyages.begin(voyage, self._crew.settings.call_seconds)
            current = begun or await self._crew.voyages.get(voyage.voyage_id)
        if begun is not None:
            self._voyage = begun
        elif current is not None and current.cancel_requested:
            self._voyage = replace(self._voyage, cancel_requested=True)
        else:
            raise LeaseLostError(voyage.voyage_id)
        return begun is not None

    async def _learn_no_fuel(self, credential: Credential, seen: Sighting, waypoint: str) -> None:
        """A plan for the same place and fuel as the last one, but by a better map: no loop."""
        async with self._crew.unit_of_work.transaction():
            await self._crew.graphs.mark_fuel(self._voyage.universe, waypoint, False)
        await self._replan(credential, seen, f"{waypoint} sells no fuel")

    async def _replan(self, credential: Credential, seen: Sighting, cause: str) -> None:
        route = await self._unless_interrupted(self._crew.planning.route_of_voyage(credential, self._voyage, seen.ship))
        await self._save(self._voyage.replanned(route, cause, seen.ship, self._now()), seen)

    def _seen_at_acceptance(self) -> Sighting | None:
        if self._voyage.state is not VoyageState.PLANNED:
            return None
        return self._crew.sightings.take(self._voyage.voyage_id, self._now())

    async def _look(self, credential: Credential) -> Sighting:
        asked = self._now()
        try:
            ship = await self._read_ship(credential)
        except ShipNotFoundError:
            ship = await self._read_ship(credential)
        return Sighting(ship, asked, self._now())

    async def _read_ship(self, credential: Credential) -> Ship:
        permit, symbol = await self._next_permit(Urgency.VOYAGE), self._voyage.ship_symbol
        try:
            return await self._unless_interrupted(self._crew.game.get_ship(credential, symbol, Urgency.VOYAGE, permit))
        finally:
            permit.give_back()

    async def _next_permit(self, urgency: Urgency) -> Permit:
        """The one that came with the claim, then new ones."""
        if self._permit is not None:
            permit, self._permit = self._permit, None
            return permit
        return await self._unless_interrupted(self._crew.budget.acquire(urgency, self._voyage.agent_symbol))

    def _stop_if_interrupted(self) -> None:
        if self._interrupted.is_set() or self._crew.signals.stopping.is_set():
            raise _InterruptedError

    async def _unless_interrupted(self, work: Coroutine[Any, Any, T]) -> T:
        """For work that changes nothing at the game, and may be dropped at any moment."""
        doing, interrupted = asyncio.create_task(work), asyncio.create_task(self._interrupted.wait())
        try:
            await asyncio.wait({doing, interrupted}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise _InterruptedError
            return doing.result()
        finally:
            doing.cancel()
            interrupted.cancel()
            await asyncio.gather(doing, interrupted, return_exceptions=True)

    async def _save(self, voyage: Voyage, seen: Sighting | None, *, release: bool = False) -> None:
        crew, now = self._crew, self._now()
        if voyage.state.is_active and seen is not None:
            ready = max(seen.arrival_due, now) if seen.ship.in_transit else now
            voyage = voyage.with_eta(ready, crew.settings.time_scale)
        async with crew.unit_of_work.transaction():
            self._voyage = await crew.voyages.save(voyage, release=release)
            if seen is not None:
                await crew.ships.save(voyage.universe, voyage.player_id, [seen.ship], now - seen.receive_time)
        crew.log.tell(voyage, voyage.pending_events)

    async def _hand_back(self) -> None:
        """Let anybody claim the voyage at once, or end it if it is to be cancelled."""
        now = self._now()
        handed = self._voyage.cancelled(now) if self._voyage.cancel_requested else self._voyage.due(now)
        await self._save(handed, None, release=True)

    async def _set_back(self, trouble: RetryableError | PlayerAccessError) -> None:
        self._is_set_back = True
        await self._wait_out(trouble.message, trouble.retry_after if isinstance(trouble, RetryableError) else 0.0)

    async def _wait_out(self, cause: str, at_least: float) -> None:
        """On top of what is stored: the trouble may be that nobody knows whether the last write was."""
        async with self._crew.unit_of_work.reading():
            stored = await self._crew.voyages.get(self._voyage.voyage_id)
        self._voyage = replace(stored or self._voyage, lease=self._voyage.lease)
        now = self._now()
        until = now + self._back_off(at_least)
        await self._save(self._voyage.waiting(until, cause, now, setback=True), None, release=True)

    async def _fail(self, error: DomainError) -> None:
        failure = Failure(error.reason, error.message, tuple(error.metadata.items()))
        await self._save(self._voyage.failed(failure, self._now()), None)

    async def _judge_token(self, error: TokenRejectedError | UniverseResetError) -> None:
        """One refusal proves nothing: a newer token, or a second refusal, decides."""
        try:
            verdict = await confirm_refusal(self._crew.players, self._crew.game, self._credential, error)
        except (RetryableError, PlayerAccessError) as trouble:
            await self._set_back(trouble)
            return
        except DomainError as gone:
            await self._fail(gone)
            return
        if verdict is None:
            await self._wait_out("the game refused the token once; trying again", 0.0)
            return
        await self._fail(verdict)
        crew = self._crew
        await end_voyages_of_player(crew.unit_of_work, crew.voyages, crew.log, self._voyage, verdict)

    async def _credential_of_voyage(self) -> Credential:
        voyage, player = self._voyage, PlayerKey(player_id=self._voyage.player_id)
        self._credential = await self._crew.players.credential(player)
        if self._credential.universe != voyage.universe:
            # What is kept in memory may be older than the voyage.
            self._credential = await self._crew.players.credential(player, fresh=True)
        if self._credential.universe != voyage.universe:
            raise universe_gone(voyage.universe, self._credential)
        return self._credential

    def _now(self) -> datetime:
        return self._claim_time + timedelta(seconds=self._crew.clock.monotonic() - self._claim_monotonic)

    def _back_off(self, at_least: float) -> timedelta:
        """Exponential with jitter, to at most a minute."""
        ceiling = min(MAX_BACK_OFF_SECONDS, 0.5 * 2 ** min(self._voyage.setbacks, 10))
        return timedelta(seconds=min(MAX_BACK_OFF_SECONDS, max(at_least, self._crew.chance(0.5, 1.0) * ceiling)))

    @asynccontextmanager
    async def _lease_kept(self) -> AsyncIterator[None]:
        keeper = asyncio.create_task(self._renew_again_and_again())
        drain = asyncio.create_task(self._interrupt_when_draining())
        try:
            yield
        finally:
            drain.cancel()
            # Let it end by itself: a transaction that is cancelled costs its connection.
            self._landed.set()
            kept, _ = await asyncio.gather(keeper, drain, return_exceptions=True)
            if isinstance(kept, Exception):
                raise kept

    async def _renew_again_and_again(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._landed.wait(), self._crew.settings.lease_seconds / 3)
                return
            with suppress(RetryableError):
                try:
                    await self._renew()
                except LeaseLostError:
                    return

    async def _renew(self) -> None:
        async with self._crew.unit_of_work.transaction():
            await self._crew.voyages.renew(self._voyage)
            current = await self._crew.voyages.get(self._voyage.voyage_id)
        if current is not None and current.cancel_requested:
            self._voyage = replace(self._voyage, cancel_requested=True)
            self._interrupted.set()

    async def _interrupt_when_draining(self) -> None:
        await self._crew.signals.stopping.wait()
        self._interrupted.set()
