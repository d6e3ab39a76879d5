"""Voyages of a player or a ship, newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from navigation_service.application.fields import check_page, check_player, check_ship, check_states, voyage_states
from navigation_service.application.ports import VoyageFilter, VoyageRepository
from navigation_service.domain.voyage import Voyage
from pymediatr import Query, RequestHandler
from shared_kernel.errors import FieldViolation
from shared_kernel.paging import decode_page_token, effective_page_size, encode_page_token
from shared_kernel.validation import Violations


@dataclass(frozen=True)
class VoyagesPage:
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
    def __init__(self, voyages: VoyageRepository) -> None:
        self._voyages = voyages

    async def handle(self, request: ListVoyagesQuery) -> VoyagesPage:
        wanted = VoyageFilter(
            request.player_id, request.agent_symbol, request.ship_symbol, voyage_states(request.states)
        )
        after = decode_page_token(request.scope, request.page_token)
        size = effective_page_size(request.page_size)
        found = await self._voyages.page(wanted, after, size + 1)
        page = found[:size]
        return VoyagesPage(page, encode_page_token(request.scope, page[-1].voyage_id) if len(found) > size else "")
