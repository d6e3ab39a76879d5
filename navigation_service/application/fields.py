"""Rules for fields that several requests share: who is meant, which ship, how to fly."""

from collections.abc import Sequence
from dataclasses import dataclass

from navigation_service.application.ports import PlayerKey
from navigation_service.domain.events import VoyageState
from navigation_service.domain.route import Objective, RouteOptions
from navigation_service.domain.tour import FleetObjective
from shared_kernel.errors import FieldViolation, InvalidInput
from shared_kernel.identifiers import is_uuid
from shared_kernel.paging import decode_page_token
from shared_kernel.physics import DEFAULT_FLIGHT_MODES, FlightMode
from shared_kernel.validation import Violations

_MAX_ID = 2**63 - 1
_MAX_OVERHEAD_SECONDS = 86_400
_NANOS = 1_000_000_000
# All of them are declared in the order of their numbers in the contract, from 1; 0 stands for "not given".
_FLIGHT_MODES = tuple(FlightMode)
_OBJECTIVES = tuple(Objective)
_STATES = tuple(VoyageState)
_FLEET_OBJECTIVES = tuple(FleetObjective)
MAX_STOPS = 200
MAX_SHIPS = 100


@dataclass(frozen=True)
class ShipRequest:
    """A request about one ship. Its player is named by at most one of the other two, else by the ship's symbol."""

    ship_symbol: str
    player_id: int = 0
    agent_symbol: str = ""

    @property
    def player(self) -> PlayerKey:
        """The player that the request means, once checked."""
        return player_key(self.player_id, self.agent_symbol or agent_of_ship(self.ship_symbol))

    @property
    def whose(self) -> str:
        """The player as the scope of a request_id: always the same for one ship."""
        return agent_of_ship(self.ship_symbol) or str(self.player_id)

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.check(violations)
        return violations.found

    def check(self, violations: Violations) -> None:
        check_ship(violations, self.player_id, self.agent_symbol, self.ship_symbol)


@dataclass(frozen=True)
class VoyageRequest:
    """A request about one voyage."""

    voyage_id: str

    @property
    def key(self) -> str:
        """The id as it is stored."""
        return self.voyage_id.lower()

    def validate(self) -> Sequence[FieldViolation]:
        violations = Violations()
        self.check(violations)
        return violations.found

    def check(self, violations: Violations) -> None:
        if not is_uuid(self.voyage_id):
            violations.add("voyage_id", "must be the UUID of a voyage, as NavigateShip and ListVoyages show it")


def agent_of_ship(ship_symbol: str) -> str:
    """All before the last dash; agent symbols may hold dashes themselves. Empty if there is none."""
    return ship_symbol.rpartition("-")[0]


def canonical_agent(agent_symbol: str) -> str:
    """Upper case, as the game stores it; the player service reads agent symbols so, too."""
    return agent_symbol.upper() if agent_symbol.isascii() else agent_symbol


def player_key(player_id: int, agent_symbol: str) -> PlayerKey:
    return PlayerKey(player_id=player_id) if player_id else PlayerKey(agent_symbol=canonical_agent(agent_symbol))


def check_player(violations: Violations, player_id: int, agent_symbol: str) -> None:
    """Exactly one of player_id and agent_symbol."""
    if not player_id and not agent_symbol:
        violations.add("player_id", "give either player_id or agent_symbol")
        violations.add("agent_symbol", "give either player_id or agent_symbol")
    else:
        _check_named_player(violations, player_id, agent_symbol)


def check_ship(violations: Violations, player_id: int, agent_symbol: str, ship_symbol: str) -> None:
    """A ship, and at most one of player_id and agent_symbol; without both the ship's symbol names the player."""
    violations.symbol("ship_symbol", ship_symbol)
    _check_named_player(violations, player_id, agent_symbol)
    agent = agent_of_ship(ship_symbol)
    if not agent and ship_symbol and not player_id:
        violations.add("ship_symbol", "must be AGENT-NUMBER, or name its player by player_id")
    elif agent_symbol and agent != canonical_agent(agent_symbol):
        violations.add("agent_symbol", f"is not the agent of ship_symbol, which is {agent}; leave agent_symbol out")


def check_fleet(
    violations: Violations, player_id: int, agent_symbol: str, ship_symbols: Sequence[str], objective: int
) -> None:
    """Ships of one agent, each once; at most one of player_id and agent_symbol, or neither."""
    violations.symbols("ship_symbols", ship_symbols, at_most=MAX_SHIPS)
    _check_named_player(violations, player_id, agent_symbol)
    agent = canonical_agent(agent_symbol) or next(filter(None, map(agent_of_ship, ship_symbols)), "")
    for index, symbol in enumerate(ship_symbols[:MAX_SHIPS]):
        if not player_id and symbol and (not agent or agent_of_ship(symbol) != agent):
            violations.add(f"ship_symbols[{index}]", f"is not a ship of {agent or 'any agent'}; name one agent's ships")
    if not 0 <= objective <= len(_FLEET_OBJECTIVES):
        violations.add("objective", f"must be one of {_named(_FLEET_OBJECTIVES, 'FLEET_OBJECTIVE_')}, is {objective}")


def fleet_objective(number: int) -> FleetObjective:
    """The objective with this number in the contract, once checked; the first where none was given."""
    return _FLEET_OBJECTIVES[max(number, 1) - 1]


def check_tour(violations: Violations, waypoints: Sequence[str], *, repeat: bool) -> None:
    violations.symbols("waypoints", waypoints, at_most=MAX_STOPS)
    if repeat and len(set(waypoints)) == 1:
        violations.add("waypoints", "must name two or more for a tour that repeats; or leave repeat out")


def check_page(violations: Violations, scope: str, page_size: int, page_token: str) -> None:
    violations.page(page_size)
    try:
        decode_page_token(scope, page_token)
    except InvalidInput as error:
        violations.found.extend(error.violations)


def check_states(violations: Violations, numbers: Sequence[int]) -> None:
    if len(numbers) > len(_STATES):
        violations.add("states", f"must name at most {len(_STATES)}, each once")
        return
    for index, number in enumerate(numbers):
        if not 1 <= number <= len(_STATES):
            violations.add(f"states[{index}]", f"must be one of {_named(_STATES, 'STATE_')}, is {number}")


def voyage_states(numbers: Sequence[int]) -> frozenset[VoyageState]:
    """The states with these numbers in the contract, once checked."""
    return frozenset(_STATES[number - 1] for number in numbers)


def check_flight_mode(violations: Violations, field: str, number: int) -> None:
    if not 1 <= number <= len(_FLIGHT_MODES):
        violations.add(field, f"must be one of {_named(_FLIGHT_MODES, 'FLIGHT_MODE_')}, is {number}")


def flight_mode(number: int) -> FlightMode:
    """The mode with this number in the contract, once checked."""
    return _FLIGHT_MODES[number - 1]


@dataclass(frozen=True)
class RequestedOptions:
    """RouteOptions as they came: enums by number, durations in nanoseconds, 0 for what was left out."""

    allowed_flight_modes: Sequence[int] = ()
    refuel_duration: int = 0
    departure_overhead: int = 0
    objective: int = 0

    def check(self, violations: Violations) -> None:
        self._check_modes(violations)
        for name in ("refuel_duration", "departure_overhead"):
            seconds = getattr(self, name) / _NANOS
            violations.within(f"options.{name}", seconds, 0, _MAX_OVERHEAD_SECONDS, " seconds")
        if not 0 <= self.objective <= len(_OBJECTIVES):
            violations.add(
                "options.objective", f"must be one of {_named(_OBJECTIVES, 'OBJECTIVE_')}, is {self.objective}"
            )

    def _check_modes(self, violations: Violations) -> None:
        if len(self.allowed_flight_modes) > len(_FLIGHT_MODES):
            violations.add("options.allowed_flight_modes", f"must name at most {len(_FLIGHT_MODES)}, each once")
            return
        for index, number in enumerate(self.allowed_flight_modes):
            field = f"options.allowed_flight_modes[{index}]"
            check_flight_mode(violations, field, number)
            if number in self.allowed_flight_modes[:index]:
                violations.add(field, "repeats a mode; name each once")

    def to_options(self) -> RouteOptions:
        """The options once checked, with the contract's defaults."""
        modes = tuple(flight_mode(number) for number in self.allowed_flight_modes)
        return RouteOptions(
            allowed_flight_modes=modes or DEFAULT_FLIGHT_MODES,
            refuel_duration=self.refuel_duration,
            departure_overhead=self.departure_overhead,
            objective=_OBJECTIVES[max(self.objective, 1) - 1],
        )


def _check_named_player(violations: Violations, player_id: int, agent_symbol: str) -> None:
    if player_id and agent_symbol:
        violations.add("player_id", "give either player_id or agent_symbol, not both")
        violations.add("agent_symbol", "give either player_id or agent_symbol, not both")
    elif agent_symbol:
        violations.agent_symbol("agent_symbol", canonical_agent(agent_symbol))
    elif not 0 <= player_id <= _MAX_ID:
        violations.add("player_id", "must be the id of a player, 1 or more, as ListPlayers shows it")


def _named(values: Sequence[FlightMode | Objective | FleetObjective | VoyageState], prefix: str) -> str:
    return ", ".join(prefix + value.value for value in values)
