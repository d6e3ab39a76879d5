"""What strings and numbers a caller might send: what services answered before, what is at an edge, what is absurd."""

from collections import defaultdict
from collections.abc import Iterator
from random import Random

from google.protobuf.message import Message

_EDGE_TEXTS = (
    "",
    " ",
    "x",
    "-",
    "X1-AA1",
    "X1-AA1-A1",
    "ACE-1",
    "a-1",
    "ÄÖÜ-1",
    "\x00",
    "X1\x00AA1",
    "line\nbreak",
    "'; DROP TABLE players; --",
    "%s%n{0}${x}",
    "../../etc/passwd",
    "\u202e\U0001f680\ufeff",
    "\ud7ff\ue000\uffff\U0010ffff",
    "A" * 64,
    "A" * 65,
    "00000000-0000-0000-0000-000000000000",
    "WyJhIiwgImIiXQ",
    "=" * 7,
)
_KEPT_PER_FIELD = 64


class Words:
    """Texts by the name of the field where they were seen, so that a random request means something now and then."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._seen: defaultdict[str, list[str]] = defaultdict(list)

    def learn(self, field: str, *texts: str) -> None:
        kept = self._seen[field]
        for text in texts:
            if text and text not in kept:
                kept.append(text)
        del kept[:-_KEPT_PER_FIELD]

    def learn_from(self, answer: Message) -> None:
        for field, text in _texts(answer):
            self.learn(field, text[:200])

    def text(self, field: str) -> str:
        seen = self._seen.get(field)
        if seen and self._random.random() < 0.6:
            return self._random.choice(seen)
        if self._random.random() < 0.3 and (names := sorted(self._seen)):
            return self._random.choice(self._seen[self._random.choice(names)])
        if self._random.random() < 0.05:
            return self._random.choice("Aa\x00é") * self._random.choice((1_000, 20_000, 300_000))
        return self._random.choice(_EDGE_TEXTS)

    def integer(self, bits: int, *, signed: bool) -> int:
        """An integer of that width, near an edge more often than not."""
        low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
        edges = (0, 1, 2, 3, 10, 100, 501, 1_000_000, -1, low, low + 1, high - 1, high)
        picked = self._random.choice((*edges, self._random.randint(low, high), self._random.randint(0, 500)))
        return min(max(picked, low), high)

    def real(self) -> float:
        edges = (0.0, -0.0, 1.5, -1.0, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), 2.0**53 + 2)
        return self._random.choice(edges)


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        for item in value if field.is_repeated and not _is_map(field) else (value,):
            if isinstance(item, Message):
                yield from _texts(item)
            elif isinstance(item, str):
                yield field.name, item


def _is_map(field: object) -> bool:
    entry = getattr(field, "message_type", None)
    return entry is not None and entry.GetOptions().map_entry
