"""Players in a SQL database, SQLite and PostgreSQL alike."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, select, update

from player_service.adapters.tables import players
from player_service.adapters.token_cipher import TokenCipher
from player_service.application.ports import PlayerKey, Resealing
from player_service.domain.errors import DuplicateAgentSymbolError, PlayerNotFoundError, TokenUnreadableError
from player_service.domain.metadata import Metadata
from player_service.domain.player import Player, PlayerState, Registration
from player_service.domain.secret import AgentToken
from service_chassis.database import Database
from shared_kernel.symbols import AgentSymbol

# Made once: to make such a statement takes longer than to run it.
_BY_ID = select(players).where(players.c.player_id == bindparam("player_id"))
_BY_SYMBOL = select(players).where(players.c.agent_symbol == bindparam("agent_symbol"))


class SqlPlayers:
    """Satisfies PlayerRepository inside the database scope that its caller opened."""

    def __init__(self, database: Database, cipher: TokenCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def add(self, registration: Registration, token: AgentToken) -> Player:
        newcomer = Player.registered(0, registration)
        values = _changeable_values(newcomer) | {
            "agent_symbol": newcomer.agent_symbol,
            "sealed_token": self._cipher.seal(newcomer.agent_symbol, token),
            "create_time": newcomer.create_time,
        }
        # A refused insert would spoil a PostgreSQL transaction; one that does nothing does not.
        statement = (
            self._database.insert(players).values(values).on_conflict_do_nothing().returning(players.c.player_id)
        )
        player_id = (await self._database.session.execute(statement)).scalar_one_or_none()
        if player_id is None:
            raise DuplicateAgentSymbolError.registered(registration.agent_symbol)
        return Player.registered(player_id, registration)

    async def get(self, key: PlayerKey) -> Player:
        return _to_player(await self._row(key))

    async def get_with_token(self, key: PlayerKey) -> tuple[Player, AgentToken]:
        row = await self._row(key)
        return _to_player(row), self._cipher.open(row.agent_symbol, row.sealed_token)

    async def list_after(self, player_id: int, limit: int) -> Sequence[Player]:
        query = select(players).where(players.c.player_id > player_id).order_by(players.c.player_id).limit(limit)
        return [_to_player(row) for row in await self._database.session.execute(query)]

    async def change(
        self, player_id: int, transition: Callable[[Player], Player], token: AgentToken | None = None
    ) -> Player:
        present = _to_player(await self._row(PlayerKey(player_id), locked=True))
        changed = transition(present)
        if changed is present and token is None:
            return present
        values = _changeable_values(changed)
        if token is not None:
            values["sealed_token"] = self._cipher.seal(changed.agent_symbol, token)
        await self._database.session.execute(update(players).where(players.c.player_id == player_id).values(values))
        return changed

    async def reseal_after(self, player_id: int, limit: int) -> Resealing:
        columns = players.c.player_id, players.c.agent_symbol, players.c.sealed_token
        query = select(*columns).where(players.c.player_id > player_id).order_by(players.c.player_id).limit(limit)
        rows = (await self._database.session.execute(query.with_for_update())).all()
        resealed, unreadable = list[str](), list[str]()
        for row in rows:
            try:
                sealed = self._cipher.resealed(row.agent_symbol, row.sealed_token)
            except TokenUnreadableError:
                unreadable.append(row.agent_symbol)
                continue
            if sealed != row.sealed_token:
                statement = update(players).where(players.c.player_id == row.player_id).values(sealed_token=sealed)
                await self._database.session.execute(statement)
                resealed.append(row.agent_symbol)
        return Resealing([row.player_id for row in rows], resealed, unreadable)

    async def remove(self, player_id: int) -> None:
        statement = delete(players).where(players.c.player_id == player_id).returning(players.c.player_id)
        if (await self._database.session.execute(statement)).one_or_none() is None:
            raise PlayerNotFoundError.by_id(player_id)

    async def agents_with_unreadable_tokens(self) -> list[str]:
        """The agent symbols whose tokens do not open under the present keys."""
        rows = await self._database.session.execute(select(players.c.agent_symbol, players.c.sealed_token))
        return [row.agent_symbol for row in rows if not self._cipher.opens(row.agent_symbol, row.sealed_token)]

    async def _row(self, key: PlayerKey, *, locked: bool = False) -> Row[Any]:
        query = _BY_ID if key.player_id else _BY_SYMBOL
        if locked:
            # SQLite knows no row locks and needs none: its transactions begin as the only writer.
            query = query.with_for_update()
        values = {"player_id": key.player_id} if key.player_id else {"agent_symbol": key.agent_symbol}
        row = (await self._database.session.execute(query, values)).one_or_none()
        if row is None:
            raise (
                PlayerNotFoundError.by_id(key.player_id)
                if key.player_id
                else (PlayerNotFoundError.by_symbol(key.agent_symbol))
            )
        return row


def _changeable_values(player: Player) -> dict[str, Any]:
    return {
        "token_version": player.token_version,
        "state": player.state.value,
        "rejection_code": player.rejection_code,
        "universe": player.universe,
        "metadata": player.metadata.text,
        "update_time": player.update_time,
    }


def _to_player(row: Row[Any]) -> Player:
    return Player(
        player_id=row.player_id,
        agent_symbol=AgentSymbol(row.agent_symbol),
        metadata=Metadata.parse(row.metadata),
        state=PlayerState(row.state),
        universe=row.universe,
        token_version=row.token_version,
        rejection_code=row.rejection_code,
        create_time=row.create_time,
        update_time=row.update_time,
    )
