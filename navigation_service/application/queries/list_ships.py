"""A player's ships by symbol, page by page, as they were last seen or as they are now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from navigation_service.application.acting import ActingForPlayers
from navigation_service.application.fields import check_page, check_player, player_key
from navigation_service.application.ports import Credential, GameGateway, ShipRepository, UnitOfWork
from navigation_service.domain.ship import ShipRecord
from pymediatr import Query, RequestHandler
from shared_kernel.clock import Clock
from shared_kernel.errors import FieldViolation
from shared_kernel.paging import decode_page_token, effective_page_size, encode_page_token
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class ShipsPage:
    ships: Sequence[ShipRecord]
    next_page_token: str
    unreadable_ship_symbols: Sequence[str]


@dataclass(frozen=True)
class ListShipsQuery(Query[ShipsPage]):
    player_id: int = 0
    agent_symbol: str = ""
    refresh: bool = False
    page_size: int = 0
    page_token: str = ""

    @property
    def scope(self) -> str:
        """The list that a page token belongs to."""
        return f"ListShips {self.player_id} {self.agent_symbol}"

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        check_player(violations, self.player_id, self.agent_symbol)
        check_page(violations, self.scope, self.page_size, self.page_token)
        return violations.found


class ListShipsHandler(RequestHandler[ListShipsQuery, ShipsPage]):
    """Asks the game for a refresh, or if it never was before; pages after the first tell what that found."""

    def __init__(
        self,
        unit_of_work: UnitOfWork,
        acting: ActingForPlayers,
        ships: ShipRepository,
        game: GameGateway,
        clock: Clock,
    ) -> None:
        self._unit_of_work = unit_of_work
        self._acting = acting
        self._ships = ships
        self._game = game
        self._clock = clock

    async def handle(self, request: ListShipsQuery) -> ShipsPage:
        player = player_key(request.player_id, request.agent_symbol)
        return await self._acting.act(player, partial(self._list, request))

    async def _list(self, request: ListShipsQuery, credential: Credential) -> ShipsPage:
        after, unreadable = decode_page_token(request.scope, request.page_token), list[str]()
        size = effective_page_size(request.page_size)
        if after is None and (request.refresh or not await self._is_listed(credential)):
            unreadable = await self._refresh(credential)
        ships = await self._kept(credential, after, size + 1)
        page = ships[:size]
        more = encode_page_token(request.scope, page[-1].ship.ship_symbol) if len(ships) > size else ""
        return ShipsPage(page, more, unreadable)

    async def _is_listed(self, credential: Credential) -> bool:
        async with self._unit_of_work.reading():
            return await self._ships.is_listed(credential.universe, credential.player_id)

    async def _kept(self, credential: Credential, after: str | None, limit: int) -> Sequence[ShipRecord]:
        async with self._unit_of_work.reading():
            return await self._ships.page(credential.universe, credential.player_id, after, limit)

    async def _refresh(self, credential: Credential) -> list[str]:
        """Read all ships from the game; the symbols of those that could not be read."""
        asked, universe = self._clock.monotonic(), credential.universe
        found = await self._game.list_ships(credential)
        symbols = [ship.ship_symbol for ship in found.ships]
        async with self._unit_of_work.transaction():
            age = timedelta(seconds=self._clock.monotonic() - asked)
            await self._ships.save(universe, credential.player_id, found.ships, age)
            await self._ships.note_list(universe, credential.player_id)
            if found.complete:
                present = {*symbols, *found.unreadable_ship_symbols}
                await self._ships.remove_missing(universe, credential.player_id, present, age)
        return sorted(found.unreadable_ship_symbols)
