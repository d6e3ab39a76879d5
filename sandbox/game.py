"""The running game: one universe at a time, with its clock, tokens, limits, log and store."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sandbox.clock import ServerClock
from sandbox.config import SandboxConfig
from sandbox.ledger import ResetLedger
from sandbox.limiter import RateLimiter
from sandbox.log import LogEntry, RequestLog
from sandbox.render import Blueprint
from sandbox.store import Founding, Store, StoredWorld
from sandbox.tokens import TokenOffice
from sandbox.universe import Ship, Universe
from sandbox.world.galaxy import Galaxy, generate_galaxy
from sandbox.world.markets import TradeGood, market_of
from sandbox.world.places import System, Waypoint
from sandbox.world.ship_types import SHIP_TYPES


class SeedMismatchError(Exception):
    """The data directory holds the universe of another seed."""


@dataclass
class Game:
    """Everything a handler works on. It is used from one event loop, and handlers never wait, so each is atomic."""

    config: SandboxConfig
    clock: ServerClock
    ledger: ResetLedger
    store: Store
    secret: Callable[[], bytes]
    generate: Callable[[int], Galaxy] = generate_galaxy
    log: RequestLog = field(default_factory=RequestLog)
    blueprints: Mapping[str, Blueprint] = field(
        default_factory=lambda: {symbol: Blueprint.of(model) for symbol, model in SHIP_TYPES.items()}
    )

    def __post_init__(self) -> None:
        self.limiter = RateLimiter(self.clock)
        self._markets: dict[str, tuple[TradeGood, ...]] = {}
        stored = self.store.load()
        if stored is None:
            self._found(1 if self.config.seed is None else self.config.seed, None)
        else:
            self._resume(stored)

    def reset(self, seed: int | None = None) -> None:
        """Wipe agents, ships and tokens, and begin the next universe: another map, another reset date."""
        self._found(self._founding.seed + 1 if seed is None else seed, self._founding.first_seed)

    def _found(self, seed: int, first_seed: int | None) -> None:
        date = self.ledger.next_date(self.clock.now())
        founding = Founding(date, seed, seed if first_seed is None else first_seed, self.secret())
        self.store.found(founding)
        self._enter(founding, Universe(self.generate(seed), date, founding.secret))

    def _resume(self, stored: StoredWorld) -> None:
        founding = stored.founding
        if self.config.seed not in (None, founding.first_seed):
            raise SeedMismatchError(
                f"the data directory holds a universe of seed {founding.first_seed}, not {self.config.seed}: "
                f"leave --seed away, or choose another --data-dir"
            )
        if stored.clock is not None:
            self.clock.restore(stored.clock)
        for entry in stored.log:
            self.log.append(entry)
        agents = {agent.symbol: agent for agent in stored.agents}
        ships = {ship.symbol: ship for ship in stored.ships}
        galaxy = self.generate(founding.seed)
        self._enter(founding, Universe(galaxy, founding.reset_date, founding.secret, agents, ships))

    def _enter(self, founding: Founding, universe: Universe) -> None:
        self._founding = founding
        self.universe = universe
        self.tokens = TokenOffice(self.config.account_token, founding.secret, founding.reset_date, universe.agents)
        self._markets.clear()

    @property
    def galaxy(self) -> Galaxy:
        """The present universe's map."""
        return self.universe.galaxy

    def waypoint_of(self, ship: Ship) -> Waypoint:
        """Where a ship stands, or flies to."""
        return self.galaxy.waypoints[ship.waypoint]

    def system_of(self, waypoint: Waypoint) -> System:
        """The system around a waypoint."""
        return self.galaxy.systems[waypoint.system]

    def market(self, waypoint: Waypoint) -> tuple[TradeGood, ...]:
        """What a waypoint trades; nothing without a marketplace."""
        if not waypoint.is_market:
            return ()
        if waypoint.symbol not in self._markets:
            self._markets[waypoint.symbol] = market_of(waypoint, self.galaxy.seed)
        return self._markets[waypoint.symbol]

    def good(self, waypoint: Waypoint, symbol: str) -> TradeGood | None:
        """One line of a market."""
        return next((good for good in self.market(waypoint) if good.symbol == symbol), None)

    def keep(self, *entries: LogEntry) -> None:
        """Log requests, and make them and what they changed durable."""
        for entry in entries:
            self.log.append(entry)
        agents, ships = self.universe.changed_agents, self.universe.changed_ships
        if not (agents or ships or entries):
            return
        self.store.save(agents.values(), ships.values(), entries)
        agents.clear()
        ships.clear()

    def keep_clock(self) -> None:
        """Make the clock's setting durable."""
        self.store.save_clock(self.clock.dump())
