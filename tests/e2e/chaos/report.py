"""What a chaos run came to: voyages, effects that happened twice, fuel, requests, and whether that is right."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Entry = Mapping[str, Any]

ACTIONS = ("orbit", "dock", "navigate", "refuel", "set_flight_mode")


@dataclass(frozen=True)
class Flown:
    """A voyage that was accepted, as it stood in the end. `legs` and `refuels` are those of the accepted plan.

    `state` is empty if nobody knows the voyage any more. `gaps`: its events are not numbered 1, 2, 3 ….
    """

    voyage_id: str
    ship_symbol: str
    origin: str
    legs: int
    refuels: int
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
    number: int


@dataclass(frozen=True)
class Report:
    asked: int
    voyages: Sequence[Flown]
    duplicates: Sequence[Duplicate]
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
        return completed and not self.duplicates and not gaps and not self.surprises and not self.processes_lost

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"voyages: {self.asked} asked for, {_counts(self.states)}, {self.seconds:.0f} s"
        failures = Counter(voyage.failure for voyage in self.voyages if voyage.failure)
        yield f"failed because of: {_counts(failures)}"
        yield f"duplicated effects: {len(self.duplicates)}"
        for duplicate in self.duplicates:
            yield f"  {duplicate.ship_symbol} {duplicate.action} {duplicate.where} (log entry {duplicate.number})"
        replans = sum(voyage.replans for voyage in self.voyages)
        planned = sum(voyage.refuels for voyage in self.voyages)
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
    applied = [entry for entry in entries if entry["result"] == "applied"]
    legs = sum(entry["action"] == "navigate" for entry in applied)
    return Report(
        asked=asked,
        voyages=voyages,
        duplicates=[d for voyage in voyages for d in duplicates(voyage.origin, by_ship[voyage.ship_symbol])],
        refuels_paid=sum(entry["action"] == "refuel" for entry in applied),
        legs_flown=legs,
        requests=len(entries),
        # A look before the first action, every effect, and a look after every arrival.
        requests_needed=len(voyages) + len(applied) + legs,
        results=Counter(entry["result"] for entry in entries if entry["action"] in ACTIONS),
        struck=struck,
        deaths=deaths,
        surprises=surprises,
        seconds=seconds,
        processes_lost=processes_lost,
    )


def duplicates(origin: str, log: Sequence[Entry]) -> Iterator[Duplicate]:
    """In what the sandbox saw of the ship of one voyage, which began at `origin`."""
    place, flown, filled = origin, set[tuple[str, str]](), set[str]()
    for entry in log:
        if entry["result"] != "applied":
            continue
        if entry["action"] == "navigate":
            leg = (place, entry["destination"])
            if leg in flown:
                yield Duplicate(entry["ship"], "navigate", " to ".join(leg), entry["number"])
            flown.add(leg)
            place = entry["destination"]
        elif entry["action"] == "refuel" and entry["fuel_after"] > entry["fuel_before"]:
            if place in filled:
                yield Duplicate(entry["ship"], "refuel", place, entry["number"])
            filled.add(place)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "none"
