"""What a request that starts voyages is answered, now and when it is sent again."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from navigation_service.domain.tour import Solution
from navigation_service.domain.voyage import Voyage


@dataclass(frozen=True)
class StartedVoyages:
    """`solution` is None where there was nothing to solve. Voyages that are a plan alone have no id."""

    voyages: tuple[Voyage, ...]
    solution: Solution | None = None
    unreachable_stops: tuple[str, ...] = ()
    idle_ship_symbols: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(voyage.voyage_id for voyage in self.voyages)

    def to_text(self) -> str:
        """What is kept beside a request_id; the voyages themselves are kept where they belong."""
        return json.dumps(
            {
                "voyage_ids": self.ids,
                "solution": asdict(self.solution) if self.solution else None,
                "unreachable_stops": self.unreachable_stops,
                "idle_ship_symbols": self.idle_ship_symbols,
            }
        )

    @classmethod
    def from_text(cls, text: str, voyages: Sequence[Voyage]) -> "StartedVoyages":
        """With the voyages as they are now; `voyage_ids` tells which."""
        kept = json.loads(text) if text.startswith("{") else {}
        return cls(
            tuple(voyages),
            Solution(**kept["solution"]) if kept.get("solution") else None,
            tuple(kept.get("unreachable_stops", ())),
            tuple(kept.get("idle_ship_symbols", ())),
        )


def voyage_ids(text: str) -> tuple[str, ...]:
    """Of an answer that was kept. Earlier releases kept the one voyage's id alone."""
    return tuple(json.loads(text)["voyage_ids"]) if text.startswith("{") else (text,)
