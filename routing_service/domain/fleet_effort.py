"""How thorough the tables of a fleet may be without eating up the time for its search."""

from collections.abc import Sequence

from routing_service.domain.prepared import PreparedGraph

# Seconds that a row of the tables of one kind of ship takes, about.
_MODEL_SECONDS_PER_ROW = 5e-6
# Seconds that tables take, about, per source and place squared, thorough ones per unit of tank up to so many; and the
# part of the time for those of two legs.
_THOROUGH_SECONDS, _LARGE_TANK, _TWO_LEGS_SECONDS = 4e-10, 1_000, 2.5e-8
_PART_FOR_TWO_LEGS = 0.16
_THOROUGH_PLACES = 300


def model_seconds(prepared: PreparedGraph, spots: int) -> float:
    """What the tables of one kind of ship take, about."""
    return _MODEL_SECONDS_PER_ROW * spots * (spots // 4 + len(prepared.stations)) + 1e-9


def legs_for(prepared: PreparedGraph, spots: int, kinds: Sequence[tuple[int, int]], seconds: float, part: float) -> int:
    """How many legs flights between refuels may have in tables that must not eat up the time, of which thorough ones
    may take this part: 0 for any number."""
    places = len(prepared.graph.symbols)
    work = (spots + len(prepared.stations)) * places**2
    tanks = sum(min(capacity, _LARGE_TANK) for capacity, _ in kinds)
    if places <= _THOROUGH_PLACES and work * tanks * _THOROUGH_SECONDS <= part * seconds:
        return 0
    return 2 if work * len(kinds) * _TWO_LEGS_SECONDS <= _PART_FOR_TWO_LEGS * seconds else 1
