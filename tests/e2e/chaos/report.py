"""What a chaos run came to: voyages, effects that happened twice, fuel, requests, and whether that is right."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Entry = Mapping[str, Any]
# What the game did for a ship: ("navigate", where to) or ("refuel", where).
Effect = tuple[str, str]

ACTIONS = ("orbit", "dock", "navigate", "refuel", "set_flight_mode")


@dataclass(frozen=True)
class Flown:
    """A voyage that was accepted, as it stood in the end. `plan` is the accepted one, as effects.

    `state` is empty if nobody knows the voyage any more. `gaps`: its events are not numbered 1, 2, 3 ….
    """

    voyage_id: str
    ship_symbol: str
    origin: str
    plan: tuple[Effect, ...]
    state: str
    failure: str = ""
    replans: int = 0
    gaps: bool = False


@dataclass(frozen=True)
class Duplicate:
    """An effect that the game had for a voyage already: a leg flown again, a tank filled again."""

    ship_symbol: str
    action: str
    where: str


@dataclass(frozen=True)
class Report:
    asked: int
    voyages: Sequence[Flown]
    duplicates: Sequence[Duplicate]
    strays: Sequence[str]
    refuels_paid: int
    legs_flown: int
    requests: int
    requests_needed: int
    results: Mapping[str, int]
    struck: Mapping[str, int]
    deaths: Mapping[str, int]
    surprises: Mapping[str, int]
    seconds: float = 0.0
    processes_lost: Sequence[str] = field(default_factory=list)

    @property
    def states(self) -> Counter[str]:
        return Counter(voyage.state or "LOST" for voyage in self.voyages)

    @property
    def held(self) -> bool:
        """Whether everything that was promised is true."""
        completed = self.states["COMPLETED"] == self.asked
        gaps = any(voyage.gaps for voyage in self.voyages)
        odd = gaps or self.duplicates or self.strays or self.surprises or self.processes_lost
        return completed and not odd

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"voyages: {self.asked} asked for, {_counts(self.states)}, {self.seconds:.0f} s"
        failures = Counter(voyage.failure for voyage in self.voyages if voyage.failure)
        yield f"failed because of: {_counts(failures)}"
        yield f"duplicated effects: {len(self.duplicates)}"
        for duplicate in self.duplicates:
            yield f"  {duplicate.ship_symbol} {duplicate.action} {duplicate.where}"
        yield f"flown otherwise than planned, though not planned anew: {', '.join(self.strays) or 'none'}"
        replans = sum(voyage.replans for voyage in self.voyages)
        planned = sum(action == "refuel" for voyage in self.voyages for action, _ in voyage.plan)
        yield f"refuels: {planned} planned at acceptance, {self.refuels_paid} paid, {replans} new plans under way"
        if self.legs_flown:
            per_leg, needed = self.requests / self.legs_flown, self.requests_needed / self.legs_flown
            yield f"requests: {self.requests} for {self.legs_flown} legs, {per_leg:.1f} a leg; least {needed:.1f}"
        yield f"answers to actions: {_counts(self.results)}"
        yield f"faults that struck: {_counts(self.struck)}"
        yield f"killed: {_counts(self.deaths)}"
        yield f"events with gaps: {sum(voyage.gaps for voyage in self.voyages)}"
        yield f"errors that callers should not see: {_counts(self.surprises)}"
        yield f"processes that ended by themselves: {', '.join(self.processes_lost) or 'none'}"
        yield f"the promise {'held' if self.held else 'was BROKEN'}"


def judge(
    asked: int,
    voyages: Sequence[Flown],
    log: Sequence[Entry],
    *,
    struck: Mapping[str, int],
    deaths: Mapping[str, int],
    surprises: Mapping[str, int],
    seconds: float,
    processes_lost: Sequence[str],
) -> Report:
    """`log` is the sandbox's, of all ships; each of the ships flew one voyage."""
    by_ship: dict[str, list[Entry]] = {voyage.ship_symbol: [] for voyage in voyages}
    for entry in log:
        if entry["ship"] in by_ship:
            by_ship[entry["ship"]].append(entry)
    entries = [entry for ship in by_ship.values() for entry in ship]
    applied = sum(entry["result"] == "applied" for entry in entries)
    done = {voyage: list(effects(voyage.origin, by_ship[voyage.ship_symbol])) for voyage in voyages}
    legs = sum(action == "navigate" for flown in done.values() for action, _ in flown)
    return Report(
        asked=asked,
        voyages=voyages,
        duplicates=[d for voyage in voyages for d in duplicates(voyage, done[voyage])],
        strays=[v.ship_symbol for v in voyages if v.state == "COMPLETED" and not v.replans and done[v] != list(v.plan)],
        refuels_paid=sum(action == "refuel" for flown in done.values() for action, _ in flown),
        legs_flown=legs,
        requests=len(entries),
        # A look before the first action, every effect, and a look after every arrival.
        requests_needed=len(voyages) + applied + legs,
        results=Counter(entry["result"] for entry in entries if entry["action"] in ACTIONS),
        struck=struck,
        deaths=deaths,
        surprises=surprises,
        seconds=seconds,
        processes_lost=processes_lost,
    )


def effects(origin: str, log: Sequence[Entry]) -> Iterator[Effect]:
    """In what the sandbox saw of one ship, which began at `origin`: legs, and refuellings that added fuel."""
    place = origin
    for entry in log:
        if entry["result"] != "applied":
            continue
        if entry["action"] == "navigate":
            place = entry["destination"]
            yield "navigate", place
        elif entry["action"] == "refuel" and entry["fuel_after"] > entry["fuel_before"]:
            yield "refuel", place


def duplicates(voyage: Flown, done: Sequence[Effect]) -> Iterator[Duplicate]:
    """Legs and stops that the voyage had flown or filled up at before; a plan that repeats one may do so."""
    planned, known = Counter(_named(voyage.origin, voyage.plan)), Counter[Effect]()
    for effect in _named(voyage.origin, done):
        known[effect] += 1
        if known[effect] > max(1, planned[effect]):
            action, where = effect
            yield Duplicate(voyage.ship_symbol, action, where)


def _named(origin: str, done: Sequence[Effect]) -> Iterator[Effect]:
    """Effects with both ends of each leg."""
    place = origin
    for action, where in done:
        yield action, f"{place} to {where}" if action == "navigate" else where
        place = where


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
