"""List the players by id, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass

from player_service.application.fields import MAX_ID
from player_service.application.ports import PlayerRepository
from player_service.domain.player import Player
from pymediatr import Query, RequestHandler
from shared_kernel.errors import FieldViolation, InvalidInput
from shared_kernel.paging import decode_page_token, effective_page_size, encode_page_token
from shared_kernel.validation import Violations

_SCOPE = "ListPlayers"
# A gRPC message holds 4 MiB by default. On the wire metadata takes up to three times its JSON, mostly for numbers.
_MAX_METADATA_BYTES_PER_PAGE = 1024 * 1024


@dataclass(frozen=True)
class PlayersPage:
    players: Sequence[Player]
    next_page_token: str


@dataclass(frozen=True)
class ListPlayersQuery(Query[PlayersPage]):
    page_size: int = 0
    page_token: str = ""

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        violations.page(self.page_size)
        try:
            _last_id(self.page_token)
        except InvalidInput as error:
            violations.found.extend(error.violations)
        return violations.found


class ListPlayersHandler(RequestHandler[ListPlayersQuery, PlayersPage]):
    def __init__(self, players: PlayerRepository) -> None:
        self._players = players

    async def handle(self, request: ListPlayersQuery) -> PlayersPage:
        size = effective_page_size(request.page_size)
        found = await self._players.list_after(_last_id(request.page_token), size + 1)
        page = found[: min(size, _how_many_fit(found))]
        more = len(page) < len(found)
        return PlayersPage(page, encode_page_token(_SCOPE, str(page[-1].player_id)) if more else "")


def _last_id(page_token: str) -> int:
    """The id after which the page begins. Raises InvalidInput for what is no token of ours."""
    key = decode_page_token(_SCOPE, page_token) or "0"
    if not (key.isascii() and key.isdigit() and len(key) < 20 and int(key) <= MAX_ID):
        raise InvalidInput.of("page_token", "is not a next_page_token of ListPlayers; start again without one")
    return int(key)


def _how_many_fit(players: Sequence[Player]) -> int:
    """How many make one message; a page may be shorter than asked for."""
    room = _MAX_METADATA_BYTES_PER_PAGE
    for count, player in enumerate(players):
        room -= len(player.metadata.text.encode())
        if room < 0:
            return count
    return len(players)
