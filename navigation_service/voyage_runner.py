"""Drives voyages: claims those that are due, and takes several of them further at once."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from navigation_service.application.commands.advance_voyage import AdvanceVoyageCommand
from navigation_service.application.commands.claim_voyage import ClaimVoyageCommand, Idle
from navigation_service.application.commands.forget_events import ForgetEventsCommand
from navigation_service.application.flight_crew import Claim
from navigation_service.application.runner_signals import RunnerSignals
from pymediatr import Mediator
from shared_kernel.errors import RetryableError

_LOG = logging.getLogger(__name__)
# Nobody rings for voyages that other processes accepted or let go.
_LONGEST_IDLE_SECONDS = 0.25
_SHORTEST_IDLE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 10.0
_RETENTION_PAUSE_SECONDS = 60.0
_FORGOTTEN_AT_ONCE = 20
_LAST_CLAIM_SECONDS = 0.2
# Each voyage has its own back-off, but thousands of them would still fill a core while nobody gets anywhere.
_OUTAGE_PAUSE_SECONDS = 0.1


class VoyageRunner:
    """`owner` names this process in leases; `chance` gives a number between two bounds, for jitter."""

    def __init__(
        self,
        mediator: Mediator,
        owner: str,
        signals: RunnerSignals,
        chance: Callable[[float, float], float],
        *,
        concurrency: int = 16,
    ) -> None:
        self._mediator = mediator
        self._owner = owner
        self._signals = signals
        self._chance = chance
        self._concurrency = concurrency
        self._set_back_in_a_row = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then nothing is claimed, and turns in hand end after the call they are in."""
        stopping = asyncio.create_task(self._stop_after(stop))
        turns: set[asyncio.Task[None]] = set()
        pauses = 0
        try:
            while not stop.is_set():
                try:
                    await self._claim_and_advance(turns, stopping)
                    pauses = 0
                except RetryableError as trouble:
                    pauses += 1
                    await self._signals.idle(self._pause(pauses, trouble.retry_after))
        finally:
            await asyncio.gather(*turns)
            stopping.cancel()

    async def _claim_and_advance(self, turns: set[asyncio.Task[None]], stopping: asyncio.Task[None]) -> None:
        if len(turns) >= self._concurrency:
            await asyncio.wait({*turns, stopping}, return_when=asyncio.FIRST_COMPLETED)
            return
        if self._set_back_in_a_row >= self._concurrency:
            await asyncio.wait({stopping}, timeout=_OUTAGE_PAUSE_SECONDS)
        claim = await self._claimed(stopping)
        if isinstance(claim, Claim):
            turn = asyncio.create_task(self._advance(claim))
            turns.add(turn)
            turn.add_done_callback(turns.discard)
        elif claim is not None:
            seconds = _LONGEST_IDLE_SECONDS if claim.seconds is None else claim.seconds
            await self._signals.idle(min(max(seconds, _SHORTEST_IDLE_SECONDS), _LONGEST_IDLE_SECONDS))

    async def _claimed(self, stopping: asyncio.Task[None]) -> Claim | Idle | None:
        """None if the process stops first: leave to call the game may be long in coming."""
        claiming = asyncio.create_task(self._mediator.send(ClaimVoyageCommand(self._owner)))
        await asyncio.wait({claiming, stopping}, return_when=asyncio.FIRST_COMPLETED)
        # A transaction that is cancelled costs its connection, and most end sooner than this.
        await asyncio.wait({claiming}, timeout=_LAST_CLAIM_SECONDS)
        if not claiming.done():
            claiming.cancel()
            with suppress(asyncio.CancelledError, RetryableError):
                return await claiming
            return None
        return claiming.result()

    async def _advance(self, claim: Claim) -> None:
        """A turn's trouble stays its own: the lease runs out, and the voyage is claimed anew."""
        went_on = False
        try:
            went_on = await self._mediator.send(AdvanceVoyageCommand(claim))
        except RetryableError:
            _LOG.warning("voyage %s: its turn broke off, as the database does not answer", claim.voyage.voyage_id)
        except Exception:
            _LOG.exception("voyage %s: its turn failed unexpectedly", claim.voyage.voyage_id)
        finally:
            self._set_back_in_a_row = 0 if went_on else self._set_back_in_a_row + 1
            self._signals.ring()

    async def _stop_after(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._signals.stop()

    def _pause(self, pauses: int, at_least: float) -> float:
        ceiling = min(_LONGEST_PAUSE_SECONDS, _LONGEST_IDLE_SECONDS * 2.0 ** min(pauses, 10))
        return max(at_least, self._chance(0.5, 1.0) * ceiling)


class EventRetention:
    """Has old events forgotten, a few voyages at a time, in the background. `chance` as for the runner."""

    def __init__(self, mediator: Mediator, chance: Callable[[float, float], float]) -> None:
        self._mediator = mediator
        self._chance = chance

    async def run(self, stop: asyncio.Event) -> None:
        forgotten = 0
        while not stop.is_set():
            seconds = _RETENTION_PAUSE_SECONDS if forgotten < _FORGOTTEN_AT_ONCE else _SHORTEST_IDLE_SECONDS
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds * self._chance(0.5, 1.0))
                return
            forgotten = 0
            with suppress(RetryableError):
                forgotten = await self._mediator.send(ForgetEventsCommand(_FORGOTTEN_AT_ONCE))
