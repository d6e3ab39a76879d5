"""One reset's world: its map, its agents and their ships. Times are milliseconds since 1970 UTC."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from uuid import UUID, uuid5

from sandbox.world.galaxy import Galaxy
from sandbox.world.ship_types import SHIP_TYPES, ShipType

RECENT_TRANSACTIONS = 20


@dataclass(slots=True)
class Agent:
    """An account's presence in this universe."""

    symbol: str
    faction: str
    headquarters: str
    credits: int
    registered: int
    ships_built: int = 0

    def to_row(self) -> dict[str, object]:
        """Its durable form."""
        return asdict(self)


@dataclass(slots=True)
class Ship:
    """A ship. `waypoint` is its destination while `arrival` lies ahead; `docked` counts from then on."""

    symbol: str
    agent: str
    type: str
    waypoint: str
    origin: str
    departure: int
    arrival: int
    docked: bool
    fuel: int
    flight_mode: str = "CRUISE"
    consumed: int = 0
    consumed_at: int = 0
    cooldown_start: int = 0
    cooldown_end: int = 0
    cargo: dict[str, int] = field(default_factory=dict)

    @property
    def model(self) -> ShipType:
        """The parts it is built of."""
        return SHIP_TYPES[self.type]

    @property
    def fuel_capacity(self) -> int:
        """What the tank holds; 0 for probes."""
        return self.model.frame.fuel_capacity

    @property
    def cargo_units(self) -> int:
        """What the holds carry."""
        return sum(self.cargo.values())

    def status(self, now: int) -> str:
        """The nav status at a time: a trip ends by itself."""
        if now < self.arrival:
            return "IN_TRANSIT"
        return "DOCKED" if self.docked else "IN_ORBIT"

    def is_at(self, waypoint: str, now: int) -> bool:
        """Whether it stands at a waypoint; a ship under way stands nowhere."""
        return self.waypoint == waypoint and now >= self.arrival

    def to_row(self) -> dict[str, object]:
        """Its durable form."""
        return asdict(self)


@dataclass
class Universe:
    """Everything that a reset wipes."""

    galaxy: Galaxy
    reset_date: str
    secret: bytes
    agents: dict[str, Agent] = field(default_factory=dict)
    ships: dict[str, Ship] = field(default_factory=dict)
    trades: dict[str, deque[Mapping[str, object]]] = field(default_factory=dict)
    purchases: dict[str, deque[Mapping[str, object]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.changed_agents: dict[str, Agent] = {}
        self.changed_ships: dict[str, Ship] = {}
        self._fleets: dict[str, list[str]] = {}
        for ship in self.ships.values():
            self._fleets.setdefault(ship.agent, []).append(ship.symbol)

    def touch(self, *changed: Agent | Ship) -> None:
        """Mark what a request changed; it is kept before the answer leaves."""
        for thing in changed:
            if isinstance(thing, Agent):
                self.changed_agents[thing.symbol] = thing
            else:
                self.changed_ships[thing.symbol] = thing

    def fleet(self, agent: str) -> list[str]:
        """Symbols of an agent's ships, in the order of their making."""
        return self._fleets.get(agent, [])

    def ships_of(self, agent: str) -> Iterator[Ship]:
        """An agent's ships, in the order of their making."""
        return (self.ships[symbol] for symbol in self.fleet(agent))

    def is_present(self, agent: str | None, waypoint: str, now: int) -> bool:
        """Whether an agent has a ship standing at a waypoint: presence opens prices and shipyards."""
        return agent is not None and any(ship.is_at(waypoint, now) for ship in self.ships_of(agent))

    def build_ship(self, agent: Agent, ship_type: str, waypoint: str, now: int) -> Ship:
        """A new ship, docked, with a full tank, under the agent's next symbol."""
        agent.ships_built += 1
        ship = Ship(
            symbol=f"{agent.symbol}-{agent.ships_built:X}",
            agent=agent.symbol,
            type=ship_type,
            waypoint=waypoint,
            origin=waypoint,
            departure=now,
            arrival=now,
            docked=True,
            fuel=SHIP_TYPES[ship_type].frame.fuel_capacity,
            consumed_at=now,
        )
        self.ships[ship.symbol] = ship
        self._fleets.setdefault(agent.symbol, []).append(ship.symbol)
        self.touch(agent, ship)
        return ship

    def note_trade(self, transaction: Mapping[str, object]) -> None:
        """Keep a market transaction for those who look at the market."""
        self._note(self.trades, transaction)

    def note_purchase(self, transaction: Mapping[str, object]) -> None:
        """Keep a ship purchase for those who look at the shipyard."""
        self._note(self.purchases, transaction)

    @staticmethod
    def _note(kept: dict[str, deque[Mapping[str, object]]], transaction: Mapping[str, object]) -> None:
        place = str(transaction["waypointSymbol"])
        kept.setdefault(place, deque(maxlen=RECENT_TRANSACTIONS)).append(transaction)

    def identifier(self, kind: str, name: str) -> str:
        """A UUID for a thing of this universe, the same whenever asked."""
        return str(uuid5(UUID(bytes=self.secret[:16]), f"{self.reset_date}/{kind}/{name}"))
