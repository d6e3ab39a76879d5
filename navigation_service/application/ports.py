"""What the navigation service needs from outside, in its own words."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Protocol

from navigation_service.domain.events import VoyageEvent, VoyageState
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.outcome import Outcome
from navigation_service.domain.route import Route, RouteOptions
from navigation_service.domain.ship import Ship, ShipRecord
from navigation_service.domain.tour import FleetObjective, FleetPlan, TourPlan
from navigation_service.domain.voyage import GameAction, Voyage


class UnitOfWork(Protocol):
    """Database scopes: short, and never held across a call to the game or to another service."""

    def transaction(self) -> AbstractAsyncContextManager[None]: ...

    def reading(self) -> AbstractAsyncContextManager[None]: ...


class AgentToken:
    """A secret: it prints as stars, and gives itself away by `reveal()` alone."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        return self._secret

    def __repr__(self) -> str:
        return "AgentToken(***)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AgentToken) and other._secret == self._secret

    def __hash__(self) -> int:
        return hash(self._secret)


@dataclass(frozen=True)
class PlayerKey:
    """A player by id or by agent symbol; exactly one is given."""

    player_id: int = 0
    agent_symbol: str = ""


@dataclass(frozen=True)
class Credential:
    """What it takes to act for a player at the game. `universe` is the one that the token was proven in."""

    player_id: int
    agent_symbol: str
    token: AgentToken
    token_version: int
    universe: str


class PlayerDirectory(Protocol):
    """Players and their tokens, as the player service keeps them."""

    async def credential(self, player: PlayerKey, *, fresh: bool = False) -> Credential:
        """From memory where it is at most 60 s old (or older, while the player service is down), unless `fresh`.

        Raises PlayerNotFoundError, TokenRejectedError, PlayerServiceUnavailableError, PlayerAccessError.
        """
        ...

    async def report_rejected(self, credential: Credential, game_error_code: int) -> None:
        """Tell the player service that the game refuses this version of the token. Raises as `credential` does."""
        ...


class Urgency(IntEnum):
    """Who gets the next permit of the request budget; smaller goes first."""

    ARRIVAL = 0
    VOYAGE = 1
    CALLER = 2
    SURVEY = 3


@dataclass(frozen=True)
class ShipList:
    """One read of a player's ships; those on pages that could not be read are not in it and not gone either."""

    ships: Sequence[Ship]
    unreadable_ship_symbols: Sequence[str] = ()
    complete: bool = True


@dataclass(frozen=True)
class ChartedWaypoint:
    """`marketplace`: it has the trait MARKETPLACE. `charted`: its traits are known."""

    symbol: str
    x: int
    y: int
    marketplace: bool
    charted: bool = True


class Permit(Protocol):
    """Leave for one request to the game, drawn from the budget."""

    def spend(self, agent_symbol: str) -> None:
        """The request was made, for this agent, and its answer is here or given up."""
        ...

    def give_back(self) -> None:
        """The request was not made after all. Once spent or given back, this does nothing."""
        ...


@dataclass(frozen=True)
class BudgetUse:
    """Requests of the last minute, and what a minute has room for (0: no limit). `paused_for` is in seconds."""

    requests_last_minute: int
    limit_per_minute: int
    paused_for: float
    by_agent: dict[str, int]


class RequestBudget(Protocol):
    """The game's request limit, shared by all who call the game from here."""

    async def acquire(self, urgency: Urgency, agent_symbol: str = "") -> Permit:
        """Wait for a permit, the urgent first.

        Raises GameBudgetExhaustedError if the caller's deadline is nearer, DeadlineExceeded if it leaves no time.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """The game has had too many requests: nobody gets a permit before that."""
        ...

    async def use(self) -> BudgetUse:
        """Of all who share it."""
        ...


class GameGateway(Protocol):
    """The game's API.

    Reads take their permits themselves, one per attempt (the first may be given), and are tried again on trouble
    that passes. They raise GameUnavailableError, GameBudgetExhaustedError, TokenRejectedError (metadata
    game_error_code), UniverseResetError and the NotFound that fits.
    """

    async def get_ship(
        self, credential: Credential, ship_symbol: str, urgency: Urgency, permit: Permit | None = None
    ) -> Ship: ...

    async def list_ships(self, credential: Credential) -> ShipList: ...

    async def perform(
        self, credential: Credential, ship: Ship, action: GameAction, target: str, *, permit: Permit, send_by: float
    ) -> Outcome:
        """Send one action once, unless `monotonic()` has passed `send_by` by then (NotSent). Never raises.

        `Done.ship` is `ship` with what the answer said of nav and fuel. The permit is used up if it was sent.
        """
        ...

    async def accepts_token(self, credential: Credential) -> bool:
        """Whether the game knows this token (GET /my/agent). Raises as reads do, but for TokenRejectedError."""
        ...

    async def read_waypoints(self, credential: Credential, system_symbol: str) -> Sequence[ChartedWaypoint]:
        """All waypoints of a system. Raises SystemNotFoundError."""
        ...

    async def market_sells_fuel(self, credential: Credential, waypoint_symbol: str) -> bool | None:
        """None where the game does not tell."""
        ...


@dataclass(frozen=True)
class ShipProfile:
    """The ship as physics sees it."""

    fuel: int
    fuel_capacity: int
    engine_speed: int


@dataclass(frozen=True)
class TourWish:
    """Stops to visit from `origin`, each once, in their order if `keep_order`.

    `destination`: where the tour ends, which may be the origin; empty for wherever it is best.
    """

    origin: str
    stops: tuple[str, ...]
    keep_order: bool = False
    destination: str = ""


@dataclass(frozen=True)
class FleetShip:
    """`available_in`: nanoseconds of the game's time from now until the ship is at `origin`."""

    ship_symbol: str
    ship: ShipProfile
    origin: str
    available_in: int = 0


@dataclass(frozen=True)
class FleetWish:
    ships: tuple[FleetShip, ...]
    stops: tuple[str, ...]
    return_to_origin: bool = False
    objective: FleetObjective = FleetObjective.MAKESPAN


class RoutePlanner(Protocol):
    """The routing service. Raises NoRouteFoundError, RoutingUnavailableError, RoutingQueueFullError."""

    async def plan_route(
        self, graph: SystemGraph, ship: ShipProfile, origin: str, destination: str, options: RouteOptions
    ) -> Route: ...

    async def optimize_tour(
        self, graph: SystemGraph, ship: ShipProfile, wish: TourWish, options: RouteOptions
    ) -> TourPlan:
        """NoRouteFoundError names every stop that is out of reach."""
        ...

    async def partition_fleet(self, graph: SystemGraph, wish: FleetWish, options: RouteOptions) -> FleetPlan:
        """A tour for every ship, empty ones included."""
        ...


class SystemGraphRepository(Protocol):
    """Graphs per universe. `None`: never read."""

    async def get(self, universe: str, system_symbol: str) -> SystemGraph | None: ...

    async def save(self, graph: SystemGraph) -> None:
        """Keeps what `mark_fuel` learned about the graph's waypoints."""
        ...

    async def mark_fuel(self, universe: str, waypoint_symbol: str, sells_fuel: bool) -> None:
        """A fact about one waypoint, which outlives later reads of the map."""
        ...


class ShipRepository(Protocol):
    """Ships by what was last seen of them; one that was in transit then has arrived when its time is up.

    Times are on the database's clock. `voyage_id` of a record is the active voyage's.
    """

    async def get(self, universe: str, ship_symbol: str) -> ShipRecord | None: ...

    async def save(self, universe: str, player_id: int, ships: Sequence[Ship], age: timedelta) -> None:
        """Insert or update what was observed that long ago; an older observation never replaces a newer one."""
        ...

    async def note_list(self, universe: str, player_id: int) -> None:
        """The game has listed this player's ships, and those that it could show are saved."""
        ...

    async def is_listed(self, universe: str, player_id: int) -> bool:
        """Whether it ever has: before that, the ships that are kept may be a few of many."""
        ...

    async def remove_missing(self, universe: str, player_id: int, present: Collection[str], age: timedelta) -> None:
        """Forget this player's ships that a complete read, begun that long ago, did not name; not those seen since."""
        ...

    async def page(self, universe: str, player_id: int, after: str | None, limit: int) -> Sequence[ShipRecord]: ...

    async def count(self, universe: str, player_id: int) -> int: ...


@dataclass(frozen=True)
class VoyageFilter:
    """Empty fields match all."""

    player_id: int = 0
    agent_symbol: str = ""
    ship_symbol: str = ""
    states: Collection[VoyageState] = field(default_factory=frozenset)


class VoyageLog(Protocol):
    """Where operators read what voyages do."""

    def tell(self, voyage: Voyage, events: Sequence[VoyageEvent]) -> None:
        """These events of the voyage were just stored. Never raises."""
        ...


class VoyageRepository(Protocol):
    """Voyages and their events. All times are on the database's clock; `now()` reads it.

    Writes store the voyage's pending events with it and return it drained. A write by a lease holder extends the
    lease and raises LeaseLostError if the fence has moved on. `cancel_requested` is written by `request_cancel`
    alone and read back by every write. Methods that write need an open transaction, the others any scope.
    """

    async def now(self) -> datetime: ...

    async def add(self, voyage: Voyage) -> Voyage:
        """Raises ShipBusyError (voyage_id, owner, since) while another active voyage holds the ship."""
        ...

    async def get(self, voyage_id: str) -> Voyage | None: ...

    async def active_of_ship(self, universe: str, ship_symbol: str) -> Voyage | None: ...

    async def page(self, wanted: VoyageFilter, after: str | None, limit: int) -> Sequence[Voyage]:
        """Newest first, by voyage_id."""
        ...

    async def events_after(self, voyage_id: str, number: int, limit: int) -> Sequence[VoyageEvent]: ...

    async def last_event_numbers(self, voyage_ids: Collection[str]) -> Mapping[str, int]:
        """By voyage id; of a voyage that is not there, nothing."""
        ...

    async def forget_events(self, voyages: int) -> int:
        """Forget old events of so many voyages at most, those of longest ago first; of how many it did.

        Of a voyage that goes on the last EVENTS_KEPT stay (and up to a tenth more), of one that has ended all stay
        for EVENTS_KEPT_FOR.
        """
        ...

    async def claim_due(self, owner: str) -> Voyage | None:
        """Lease the most urgent due voyage that nobody holds, with the next fence; None if there is none."""
        ...

    async def next_due_time(self) -> datetime | None:
        """When the earliest active voyage that nobody holds is due."""
        ...

    async def begin(self, voyage: Voyage, call_seconds: float) -> Voyage | None:
        """Store the voyage's intent, or do nothing and return None: the fencing check before every game action.

        Only where the fence matches, no cancel is requested, and the lease lasts 1 s + `call_seconds` more.
        """
        ...

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        """Store a held voyage; `release` gives the lease back, as an ended voyage does anyway."""
        ...

    async def renew(self, voyage: Voyage) -> None:
        """Extend the lease. Raises LeaseLostError."""
        ...

    async def claim(self, voyage_id: str, owner: str) -> Voyage | None:
        """Lease this voyage now, due or not; None if somebody holds it or it has ended."""
        ...

    async def request_cancel(self, voyage_id: str) -> None:
        """Have the holder end the voyage before its next game action."""
        ...
