"""Requests that act once however often they are sent, and that finish what cannot be begun twice."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from player_service.application.credential import Credential, ProvenToken
from player_service.application.ports import PlayerKey, PlayerRepository, SecretDigest, UnitOfWork
from player_service.domain.errors import EnlistOutcomeUnknownError
from player_service.domain.player import Player
from shared_kernel.errors import DomainError, Unavailable
from shared_kernel.idempotency import Outcomes, RequestAlreadyRememberedError, RequestKey

T = TypeVar("T")
Act = Callable[[], Coroutine[Any, Any, T]]


class FirstAnswers:
    """Remembers which player a request made or changed, under its request_id.

    What is stored of a request is one keyed digest: its secrets cannot be guessed from it.
    """

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        players: PlayerRepository,
        outcomes: Outcomes,
        digest: SecretDigest,
        pauses: Sequence[float] = (0.2, 0.5, 1.0, 2.0, 4.0),
    ) -> None:
        """`pauses` are the seconds between attempts to keep a token that the game shows only once."""
        self._unit_of_work = unit_of_work
        self._players = players
        self._outcomes = outcomes
        self._digest = digest
        self._pauses = pauses

    def key(self, scope: str, request: Any, credential: Credential) -> RequestKey | None:
        """The key of a request that carries `credential`; None if it has no request_id."""
        key = RequestKey.of(scope, replace(request, credential=Credential()))
        if key is None:
            return None
        return replace(key, body_hash=self._digest.digest(key.body_hash, *credential.secrets()))

    async def once(self, key: RequestKey | None, act: Act[Player]) -> Player:
        """The present state of the player that the first such request made, else what `act` answers."""
        if (player := await self._recalled(key)) is not None:
            return player
        try:
            return await _to_its_end(act())
        except (DomainError, RequestAlreadyRememberedError):
            # A twin of this request may have been first, while we were at the game.
            if (player := await self._recalled(key)) is not None:
                return player
            raise

    async def keep(self, key: RequestKey | None, proven: ProvenToken, change: Act[Player]) -> Player:
        """Run `change`, which keeps the token, in a transaction that also remembers the player it answers with.

        A token that the game shows only once outlasts a short outage of the database; if it cannot be kept all
        the same, EnlistOutcomeUnknownError says what is left to do.
        """
        if not proven.shown_once:
            return await self._changed(key, change)
        try:
            return await _outlasting_outages(lambda: self._changed(key, change), self._pauses)
        except DomainError as error:
            cause = "the agent was enlisted, but its token could not be kept"
            raise EnlistOutcomeUnknownError(proven.agent_symbol, cause) from error

    async def _changed(self, key: RequestKey | None, change: Act[Player]) -> Player:
        async with self._unit_of_work.transaction():
            player = await change()
            if key is not None:
                await self._outcomes.remember(key, str(player.player_id))
        return player

    async def _recalled(self, key: RequestKey | None) -> Player | None:
        if key is None:
            return None
        async with self._unit_of_work.reading():
            player_id = await self._outcomes.recall(key)
            return None if player_id is None else await self._players.get(PlayerKey(int(player_id)))


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work`; if the caller gives up meanwhile, let it finish before passing that on.

    A new agent's token is shown once: a caller's deadline must not fall between showing and keeping it.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()
        raise


async def _outlasting_outages(act: Act[T], pauses: Sequence[float]) -> T:
    """Try again after each of these pauses, in seconds, while something that is needed does not answer."""
    for pause in pauses:
        try:
            return await act()
        except Unavailable:
            await asyncio.sleep(pause)
    return await act()
