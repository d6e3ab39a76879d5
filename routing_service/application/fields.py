"""The parts that requests have in common: as they came, what may be wrong with them, and what they mean."""

from dataclasses import dataclass
from functools import cached_property

from routing_service.domain.problem import (
    MAX_COORDINATE,
    MAX_FUEL_CAPACITY,
    MAX_WAYPOINTS,
    NANOS_PER_SECOND,
    Objective,
    RouteOptions,
    ShipProfile,
    SystemGraph,
)
from shared_kernel.errors import FieldViolation
from shared_kernel.physics import DEFAULT_FLIGHT_MODES, FlightMode
from shared_kernel.symbols import SYMBOL_RULE, are_distinct_symbols, is_symbol
from shared_kernel.validation import Violations

MAX_DURATION_SECONDS = 86_400
MAX_LISTED_MODES = 16

# The numbers that the published enums give to these words, in the kernel's order; 0 is UNSPECIFIED.
FLIGHT_MODES = {1: FlightMode.CRUISE, 2: FlightMode.BURN, 3: FlightMode.DRIFT, 4: FlightMode.STEALTH}
OBJECTIVES = {0: Objective.FASTEST, 1: Objective.FASTEST, 2: Objective.LEAST_FUEL}


@dataclass(frozen=True, eq=False)
class GraphInput:
    """A system, column by column; `content_key` stands for all of it. Columns of more waypoints than there may be
    can end early.

    An object of this class may serve many requests: what is wrong with it and what it means are found out once.
    """

    system_symbol: str
    symbols: tuple[str, ...]
    x: tuple[int, ...]
    y: tuple[int, ...]
    sells_fuel: tuple[bool, ...]
    content_key: bytes

    @cached_property
    def violations(self) -> tuple[FieldViolation, ...]:
        found = Violations()
        if self.system_symbol and not is_symbol(self.system_symbol):
            found.add("graph.system_symbol", f"must be {SYMBOL_RULE}")
        if not 1 <= len(self.symbols) <= MAX_WAYPOINTS:
            has = "none" if not self.symbols else "more"
            found.add("graph.waypoints", f"must hold 1 to {MAX_WAYPOINTS:,} waypoints, has {has}")
        elif not self._has_sound_waypoints():
            self._find_unsound_waypoints(found)
        return tuple(found.found)

    def _has_sound_waypoints(self) -> bool:
        """Nearly all have, and to look for the places of faults takes three times as long."""
        coordinates = (*self.x, *self.y)
        are_near = min(coordinates) >= -MAX_COORDINATE and max(coordinates) <= MAX_COORDINATE
        return are_near and are_distinct_symbols(self.symbols)

    def _find_unsound_waypoints(self, found: Violations) -> None:
        seen: dict[str, int] = {}
        for position, symbol in enumerate(self.symbols):
            path = f"graph.waypoints[{position}]"
            found.symbol(f"{path}.symbol", symbol)
            if seen.setdefault(symbol, position) != position:
                found.add(f"{path}.symbol", f"repeats graph.waypoints[{seen[symbol]}]; name each once")
            for axis, value in (("x", self.x[position]), ("y", self.y[position])):
                if abs(value) > MAX_COORDINATE:
                    found.add(f"{path}.{axis}", f"must be -{MAX_COORDINATE:,} to {MAX_COORDINATE:,}, is {value:,}")

    @cached_property
    def graph(self) -> SystemGraph:
        """The system; only for input without violations."""
        return SystemGraph.of_columns(
            self.system_symbol, self.symbols, self.x, self.y, self.sells_fuel, self.content_key
        )

    def check(self, violations: Violations) -> None:
        violations.found.extend(self.violations)

    def check_place(self, violations: Violations, path: str, symbol: str) -> None:
        """A place is a symbol of this graph. Where the graph itself is malformed, membership says nothing."""
        if not is_symbol(symbol):
            violations.symbol(path, symbol)
        elif not self.violations and symbol not in self.graph.index:
            violations.add(path, f"{symbol} is not among graph.waypoints; add it, or name one that is")

    def check_places(self, violations: Violations, path: str, symbols: tuple[str, ...], *, at_most: int) -> None:
        """Places, each once."""
        violations.symbols(path, symbols, at_most=at_most)
        if self.violations or self.graph.index.keys() >= set(symbols):
            return
        for position, symbol in enumerate(symbols[:at_most]):
            if is_symbol(symbol):
                self.check_place(violations, f"{path}[{position}]", symbol)


@dataclass(frozen=True)
class ShipInput:
    fuel: int
    fuel_capacity: int
    engine_speed: int

    def check(self, violations: Violations, path: str) -> None:
        violations.within(f"{path}.fuel_capacity", self.fuel_capacity, 0, MAX_FUEL_CAPACITY)
        if self.fuel < 0 or self.fuel > self.fuel_capacity:
            violations.add(f"{path}.fuel", f"must be 0 to fuel_capacity ({max(0, self.fuel_capacity)}), is {self.fuel}")
        if self.engine_speed < 1:
            violations.add(f"{path}.engine_speed", f"must be at least 1, is {self.engine_speed}")

    @property
    def ship(self) -> ShipProfile:
        return ShipProfile(self.fuel, self.fuel_capacity, self.engine_speed)


@dataclass(frozen=True)
class OptionsInput:
    """Enums by their numbers, durations in nanoseconds."""

    allowed_flight_modes: tuple[int, ...] = ()
    refuel_duration: int = 0
    departure_overhead: int = 0
    objective: int = 0

    def check(self, violations: Violations, path: str) -> None:
        if len(self.allowed_flight_modes) > MAX_LISTED_MODES:
            violations.add(f"{path}.allowed_flight_modes", f"must name at most {MAX_LISTED_MODES} modes, has more")
        for position, number in enumerate(self.allowed_flight_modes[:MAX_LISTED_MODES]):
            if number not in FLIGHT_MODES:
                violations.add(
                    f"{path}.allowed_flight_modes[{position}]",
                    f"must be CRUISE, BURN, DRIFT or STEALTH (1 to 4), is {number}",
                )
        check_seconds(violations, f"{path}.refuel_duration", self.refuel_duration)
        check_seconds(violations, f"{path}.departure_overhead", self.departure_overhead)
        violations.one_of(f"{path}.objective", self.objective, OBJECTIVES)

    @property
    def options(self) -> RouteOptions:
        listed = self.allowed_flight_modes
        return RouteOptions(
            flight_modes=tuple([mode for number, mode in FLIGHT_MODES.items() if number in listed])
            or DEFAULT_FLIGHT_MODES,
            refuel_duration=self.refuel_duration,
            departure_overhead=self.departure_overhead,
            objective=OBJECTIVES[self.objective],
        )


@dataclass(frozen=True)
class BudgetInput:
    """`time_limit` in nanoseconds; 0 in any of them means the default."""

    time_limit: int = 0
    seed: int = 0
    work_limit: int = 0

    def check(self, violations: Violations, path: str) -> None:
        check_seconds(violations, f"{path}.time_limit", self.time_limit)


def check_seconds(violations: Violations, path: str, nanos: int) -> None:
    """Durations are never negative, and none is longer than a day."""
    violations.within(path, nanos / NANOS_PER_SECOND, 0, MAX_DURATION_SECONDS, " s")
