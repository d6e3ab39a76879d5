"""The player context's database in memory, with the rules of SQL: scopes, rollback, the unique index, ids used once."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta

from player_service.application.ports import PlayerKey, Resealing
from player_service.domain.errors import DuplicateAgentSymbolError, PlayerNotFoundError
from player_service.domain.player import Player, Registration
from player_service.domain.secret import AgentToken
from shared_kernel.clock import Clock
from shared_kernel.errors import Unavailable
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestIdReusedError, RequestKey

OUTCOMES_KEPT_FOR = timedelta(days=7)


class MemoryDatabase:
    """Satisfies UnitOfWork: one writer at a time, all or nothing, and no access outside a scope.

    `outages` is the number of scopes that will fail to open, as with a database that is down.
    """

    def __init__(self) -> None:
        self.players: dict[int, tuple[Player, AgentToken]] = {}
        self.outcomes: dict[tuple[str, str, str], tuple[str, str, datetime]] = {}
        self.last_id = 0
        self.outages = 0
        self._writing = asyncio.Lock()
        self._scope: ContextVar[str] = ContextVar("memory_scope", default="")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        if self._scope.get() == "reading":
            raise RuntimeError("a read-only session cannot become a transaction")
        if self._scope.get() == "transaction":
            yield
            return
        self._refuse_while_down()
        async with self._writing:
            before = dict(self.players), dict(self.outcomes)
            token = self._scope.set("transaction")
            try:
                yield
            except BaseException:
                self.players, self.outcomes = before
                raise
            finally:
                self._scope.reset(token)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        if self._scope.get():
            yield
            return
        self._refuse_while_down()
        token = self._scope.set("reading")
        try:
            yield
        finally:
            self._scope.reset(token)

    async def require(self, *, writable: bool = False) -> None:
        """Every access comes through here: it yields to other tasks, as a real database does."""
        await asyncio.sleep(0)
        if not self._scope.get():
            raise RuntimeError("no database scope is open")
        if writable and self._scope.get() != "transaction":
            raise RuntimeError("attempt to write in a read-only scope")

    def _refuse_while_down(self) -> None:
        if self.outages:
            self.outages -= 1
            raise Unavailable("the database does not answer; try again")


class MemoryPlayers:
    """Satisfies PlayerRepository."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def add(self, registration: Registration, token: AgentToken) -> Player:
        await self._database.require(writable=True)
        if any(player.agent_symbol == registration.agent_symbol for player, _ in self._database.players.values()):
            raise DuplicateAgentSymbolError.registered(registration.agent_symbol)
        self._database.last_id += 1
        player = Player.registered(self._database.last_id, registration)
        self._database.players[player.player_id] = (player, token)
        return player

    async def get(self, key: PlayerKey) -> Player:
        return (await self.get_with_token(key))[0]

    async def get_with_token(self, key: PlayerKey) -> tuple[Player, AgentToken]:
        await self._database.require()
        for player, token in self._database.players.values():
            if player.player_id == key.player_id or (not key.player_id and player.agent_symbol == key.agent_symbol):
                return player, token
        if key.player_id:
            raise PlayerNotFoundError.by_id(key.player_id)
        raise PlayerNotFoundError.by_symbol(key.agent_symbol)

    async def list_after(self, player_id: int, limit: int) -> Sequence[Player]:
        await self._database.require()
        ids = sorted(number for number in self._database.players if number > player_id)
        return [self._database.players[number][0] for number in ids[:limit]]

    async def change(
        self, player_id: int, transition: Callable[[Player], Player], token: AgentToken | None = None
    ) -> Player:
        await self._database.require(writable=True)
        present, present_token = await self.get_with_token(PlayerKey(player_id))
        changed = transition(present)
        if (changed.player_id, changed.agent_symbol) != (present.player_id, present.agent_symbol):
            raise AssertionError("a transition must not change whose record this is")
        self._database.players[player_id] = (changed, token or present_token)
        return changed

    async def reseal_after(self, player_id: int, limit: int) -> Resealing:
        """Nothing is sealed here."""
        await self._database.require(writable=True)
        ids = sorted(number for number in self._database.players if number > player_id)
        return Resealing(ids[:limit], [], [])

    async def remove(self, player_id: int) -> None:
        await self._database.require(writable=True)
        if self._database.players.pop(player_id, None) is None:
            raise PlayerNotFoundError.by_id(player_id)


class MemoryOutcomes:
    """Satisfies Outcomes."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def recall(self, key: RequestKey) -> str | None:
        await self._database.require()
        kept = self._database.outcomes.get((key.scope, key.method, key.request_id))
        if kept is None or kept[2] <= self._clock.now() - OUTCOMES_KEPT_FOR:
            return None
        body_hash, result, _ = kept
        if body_hash != key.body_hash:
            raise RequestIdReusedError(key.request_id)
        return result

    async def remember(self, key: RequestKey, result: str) -> None:
        await self._database.require(writable=True)
        name, now = (key.scope, key.method, key.request_id), self._clock.now()
        kept = self._database.outcomes.get(name)
        if kept is not None and kept[2] > now - OUTCOMES_KEPT_FOR:
            raise RequestAlreadyRememberedError(key.request_id)
        self._database.outcomes[name] = (key.body_hash, result, now)
