"""Voyages of a player or a ship, newest first, page by page."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from navigation_service.application.fields import (
    agent_of_ship,
    canonical_agent,
    check_page,
    check_player,
    check_ship,
    check_states,
    player_key,
    voyage_states,
)
from navigation_service.application.ports import (
    PlayerDirectory,
    PlayerKey,
    UnitOfWork,
    VoyageFilter,
    VoyageRepository,
)
from navigation_service.domain.errors import PlayerNotFoundError
from navigation_service.domain.voyage import Voyage
from pymediatr import Query, RequestHandler
from shared_kernel.errors import DomainError, FieldViolation
from shared_kernel.paging import decode_page_token, effective_page_size, encode_page_token
from shared_kernel.validation import Violations

# Steps and stops on one page: symbols as long as they may be still leave it below the 4 MiB of a gRPC message.
_MOST_PARTS = 20_000
_PATIENCE_SECONDS = 1.0


@dataclass(frozen=True)
class VoyagesPage:
    """Large voyages make it shorter than was asked for."""

    voyages: Sequence[Voyage]
    next_page_token: str


@dataclass(frozen=True)
class ListVoyagesQuery(Query[VoyagesPage]):
    """`states` by number; none means all."""

    player_id: int = 0
    agent_symbol: str = ""
    ship_symbol: str = ""
    states: Sequence[int] = ()
    page_size: int = 0
    page_token: str = ""

    @property
    def player(self) -> PlayerKey:
        return player_key(self.player_id, self.agent_symbol or agent_of_ship(self.ship_symbol))

    @property
    def wanted(self) -> VoyageFilter:
        agent_symbol, states = canonical_agent(self.agent_symbol), voyage_states(self.states)
        return VoyageFilter(self.player_id, agent_symbol, self.ship_symbol, states)

    @property
    def scope(self) -> str:
        """The list that a page token belongs to."""
        return f"ListVoyages {self.player_id} {self.agent_symbol} {self.ship_symbol} {sorted(set(self.states))}"

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        if self.ship_symbol:
            check_ship(violations, self.player_id, self.agent_symbol, self.ship_symbol)
        else:
            check_player(violations, self.player_id, self.agent_symbol)
        check_states(violations, self.states)
        check_page(violations, self.scope, self.page_size, self.page_token)
        return violations.found


class ListVoyagesHandler(RequestHandler[ListVoyagesQuery, VoyagesPage]):
    def __init__(self, unit_of_work: UnitOfWork, players: PlayerDirectory, voyages: VoyageRepository) -> None:
        self._unit_of_work = unit_of_work
        self._players = players
        self._voyages = voyages

    async def handle(self, request: ListVoyagesQuery) -> VoyagesPage:
        """Raises PlayerNotFoundError for a player that nobody knows, and who has no voyages."""
        after = decode_page_token(request.scope, request.page_token)
        size = effective_page_size(request.page_size)
        async with self._unit_of_work.reading():
            found = await self._voyages.page(request.wanted, after, size + 1)
        if not found and after is None:
            await self._require_known(request.player)
        page = _that_fits(found[:size])
        more = len(found) > len(page)
        return VoyagesPage(page, encode_page_token(request.scope, page[-1].voyage_id) if more else "")

    async def _require_known(self, player: PlayerKey) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self._players.credential(player)
        except PlayerNotFoundError:
            raise
        except (DomainError, TimeoutError):
            # There is such a player, or nobody can tell just now: no voyages is the answer.
            return


def _that_fits(voyages: Sequence[Voyage]) -> Sequence[Voyage]:
    """The first of them that a message has room for, one at least."""
    parts = 0
    for count, voyage in enumerate(voyages):
        parts += len(voyage.route.steps) + len(voyage.stops)
        if count and parts > _MOST_PARTS:
            return voyages[:count]
    return voyages
