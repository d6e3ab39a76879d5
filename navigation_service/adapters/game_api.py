"""The game's HTTP API, as far as navigation needs it."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import quote

from navigation_service.adapters.game_attempt import AnswerLostError, NotSentError
from navigation_service.adapters.game_calls import ATTEMPTS, GameCalls, SeenRequest
from navigation_service.adapters.game_http import Answer, GameHttp
from navigation_service.adapters.game_lists import Listing, Page, read_list
from navigation_service.adapters.game_reading import (
    Json,
    UnreadableAnswerError,
    as_object,
    as_objects,
    read_effect,
    read_fuel_sale,
    read_ship,
    read_waypoint,
    server_now,
)
from navigation_service.adapters.game_refusals import is_rate_limit, pause_asked_for, refusal_in, unavailable
from navigation_service.application.ports import (
    ChartedWaypoint,
    Credential,
    Permit,
    RequestBudget,
    ShipList,
    Urgency,
)
from navigation_service.domain.errors import (
    GameUnavailableError,
    ShipNotFoundError,
    SystemNotFoundError,
    TokenRejectedError,
    WaypointNotFoundError,
)
from navigation_service.domain.outcome import NotSent, Outcome, OutcomeUnknown, RateLimited, Refused
from navigation_service.domain.ship import Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.clock import Clock
from shared_kernel.errors import DomainError
from shared_kernel.symbols import WaypointSymbol

# So many ships at most are read one by one in place of pages that cannot be read.
_MOST_SINGLES = 60
_NO_SUCH_METHOD = frozenset({404, 405, 501})


class HttpGameGateway:
    """Satisfies GameGateway.

    `timeout_seconds` bounds each call; `chance` gives a number between two bounds, for jitter; `seen` is told of every
    request.
    """

    def __init__(
        self,
        base_url: str,
        timeout_seconds: float,
        budget: RequestBudget,
        clock: Clock,
        chance: Callable[[float, float], float],
        *,
        back_off_seconds: float = 0.5,
        seen: SeenRequest | None = None,
    ) -> None:
        self._http = GameHttp(base_url, timeout_seconds, clock)
        self._calls = GameCalls(self._http, budget, chance, back_off_seconds, seen)

    async def close(self) -> None:
        await self._http.close()

    async def get_ship(
        self, credential: Credential, ship_symbol: str, urgency: Urgency, permit: Permit | None = None
    ) -> Ship:
        return await self._ship(credential, ship_symbol, urgency, permit=permit)

    async def list_ships(self, credential: Credential) -> ShipList:
        listing = await self._list(credential, "/my/ships", unavailable("does not list ships"))
        ships, unreadable = list[Ship](), list[str]()
        # What a long list says at its beginning is of half a minute ago at its end.
        now = max((item.now for item in listing.items.values()), default=None)
        for symbol, item in listing.items.items():
            try:
                ships.append(read_ship(item.body, now or item.now))
            except UnreadableAnswerError:
                unreadable.append(symbol)
        singles = 0
        for symbol in _missing_symbols(credential.agent_symbol, listing):
            try:
                ships.append(await self._ship(credential, symbol, Urgency.CALLER, attempts=1))
            except ShipNotFoundError:
                continue
            except GameUnavailableError:
                unreadable.append(symbol)
            singles += 1
        return ShipList(ships, unreadable, complete=singles >= listing.missing)

    async def perform(
        self, credential: Credential, ship: Ship, action: GameAction, target: str, *, permit: Permit, send_by: float
    ) -> Outcome:
        method, path, body = _request(ship.ship_symbol, action, target)
        try:
            answer = await self._calls.send(credential, permit, method, path, body, send_by=send_by)
        except NotSentError as error:
            return NotSent(f"the game cannot be reached ({error})")
        except AnswerLostError as error:
            return OutcomeUnknown(str(error))
        if is_rate_limit(answer):
            return RateLimited(pause_asked_for(answer))
        if not 200 <= answer.status < 300:
            return _refusal(action, answer, credential) or OutcomeUnknown(f"the game answered HTTP {answer.status}")
        try:
            return read_effect(action, ship, answer)
        except UnreadableAnswerError as error:
            return OutcomeUnknown(str(error))

    async def accepts_token(self, credential: Credential) -> bool:
        try:
            await self._calls.read(credential, "/my/agent", Urgency.VOYAGE, unavailable("does not know the agent"))
        except TokenRejectedError:
            return False
        return True

    async def read_waypoints(self, credential: Credential, system_symbol: str) -> Sequence[ChartedWaypoint]:
        unknown = SystemNotFoundError(f"the game knows no system {system_symbol}", {"system_symbol": system_symbol})
        listing = await self._list(credential, f"/systems/{_quoted(system_symbol)}/waypoints", unknown)
        waypoints = [read_waypoint(item.body) for item in listing.items.values()]
        if listing.missing:
            waypoints += await self._waypoints_of_system(credential, listing, system_symbol)
        found = [waypoint for waypoint in waypoints if waypoint is not None]
        if not found:
            # Nobody is to take an odd answer for a map, and lose a good one for it.
            raise unavailable(f"names no waypoints of {system_symbol}")
        return found

    async def market_sells_fuel(self, credential: Credential, waypoint_symbol: str) -> bool | None:
        system_symbol = WaypointSymbol(waypoint_symbol).system_symbol
        path = f"/systems/{_quoted(system_symbol)}/waypoints/{_quoted(waypoint_symbol)}/market"
        try:
            answer = await self._calls.read(credential, path, Urgency.SURVEY, WaypointNotFoundError("no market"))
        except WaypointNotFoundError:
            return False
        return read_fuel_sale(_data(answer))

    async def _waypoints_of_system(
        self, credential: Credential, listing: Listing, system_symbol: str
    ) -> list[ChartedWaypoint | None]:
        """Those that the list lacks. A system names its waypoints too, though it does not tell their traits."""
        unknown = unavailable(f"does not tell all waypoints of {system_symbol}")
        answer = await self._calls.read(credential, f"/systems/{_quoted(system_symbol)}", Urgency.CALLER, unknown)
        named = as_objects(_data(answer).get("waypoints"))
        others = [item for item in named if item.get("symbol") not in listing.items]
        if len(others) < listing.missing:
            raise unknown
        return [read_waypoint(item) for item in others]

    async def _ship(
        self,
        credential: Credential,
        ship_symbol: str,
        urgency: Urgency,
        *,
        permit: Permit | None = None,
        attempts: int = ATTEMPTS,
    ) -> Ship:
        """Raises GameUnavailableError also for a ship that cannot be made sense of."""
        message = f"the game knows no ship {ship_symbol} of {credential.agent_symbol}; ListShips names them all"
        unknown = ShipNotFoundError(message, {"ship_symbol": ship_symbol})
        path = f"/my/ships/{_quoted(ship_symbol)}"
        answer = await self._calls.read(credential, path, urgency, unknown, permit=permit, attempts=attempts)
        try:
            return read_ship({"symbol": ship_symbol} | dict(_data(answer)), server_now(answer))
        except UnreadableAnswerError as error:
            raise unavailable(f"does not make sense of {ship_symbol} ({error})") from error

    async def _list(self, credential: Credential, path: str, not_found: DomainError) -> Listing:
        async def read_page(number: int, size: int, *, persistent: bool) -> Page:
            query, attempts = f"{path}?page={number}&limit={size}", ATTEMPTS if persistent else 1
            return Page.of(await self._calls.read(credential, query, Urgency.CALLER, not_found, attempts=attempts))

        return await read_list(read_page)


def _request(ship_symbol: str, action: GameAction, target: str) -> tuple[str, str, dict[str, Any]]:
    path = f"/my/ships/{_quoted(ship_symbol)}"
    match action:
        case GameAction.NAVIGATE:
            return "POST", f"{path}/navigate", {"waypointSymbol": target}
        case GameAction.SET_FLIGHT_MODE:
            return "PATCH", f"{path}/nav", {"flightMode": target}
        case GameAction.ORBIT | GameAction.DOCK | GameAction.REFUEL:
            return "POST", f"{path}/{action.value.lower()}", {}


def _refusal(action: GameAction, answer: Answer, credential: Credential) -> Refused | None:
    """None if the game did not say no: it may have acted."""
    if (refusal := refusal_in(answer, credential.token)) is not None:
        return refusal
    if action is GameAction.SET_FLIGHT_MODE and answer.status in _NO_SUCH_METHOD:
        # Older games have no PATCH …/nav, and say so in their web server's words.
        return Refused(answer.status, "it does not let flight modes be set (PATCH nav)", answer.status)
    return None


def _missing_symbols(agent_symbol: str, listing: Listing) -> list[str]:
    """The ships that the game's own numbering (agent-1 … agent-F, agent-10 …) has and the list has not."""
    if not listing.missing:
        return []
    numbers = [_number(symbol) for symbol in listing.items]
    last = max(listing.total or 0, *numbers, 0)
    symbols = (f"{agent_symbol}-{number:X}" for number in range(1, last + 1))
    return [symbol for symbol in symbols if symbol not in listing.items][:_MOST_SINGLES]


def _number(ship_symbol: str) -> int:
    try:
        return min(int(ship_symbol.rpartition("-")[2], 16), 10_000)
    except ValueError:
        return 0


def _data(answer: Answer) -> Json:
    return as_object(as_object(answer.body).get("data"))


def _quoted(symbol: str) -> str:
    return quote(symbol, safe="")
