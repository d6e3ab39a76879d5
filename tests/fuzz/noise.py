"""Bytes that no sound client sends: what comes of a message when the wire, or malice, has been at it."""

from collections.abc import Callable
from random import Random

_LENGTH_DELIMITED = 2


class Noise:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._ways: tuple[Callable[[bytes], bytes], ...] = (
            self._flipped,
            self._truncated,
            self._with_unknown_fields,
            self._with_bad_text,
            self._with_wrong_types,
            self._nested_deeply,
            self._repeated,
            self._anything,
        )

    def disturb(self, content: bytes) -> bytes:
        return self._random.choice(self._ways)(content)

    def _flipped(self, content: bytes) -> bytes:
        changed = bytearray(content or b"\x00")
        for _ in range(self._random.randint(1, 4)):
            changed[self._random.randrange(len(changed))] = self._random.randrange(256)
        return bytes(changed)

    def _truncated(self, content: bytes) -> bytes:
        return content[: self._random.randint(0, max(0, len(content) - 1))]

    def _with_unknown_fields(self, content: bytes) -> bytes:
        """Sound, so that the call is to be answered as if they were not there."""
        number = self._random.choice((900, 19_000, 536_870_911))
        return content + field_of(number, bytes(self._random.choice((0, 1, 1_000, 200_000))))

    def _with_bad_text(self, content: bytes) -> bytes:
        return content + field_of(
            self._random.randint(1, 10), self._random.choice((b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80"))
        )

    def _with_wrong_types(self, content: bytes) -> bytes:
        number, kind = self._random.randint(1, 10), self._random.randrange(8)
        return content + _varint(number << 3 | kind) + self._random.randbytes(self._random.randint(0, 12))

    def _nested_deeply(self, content: bytes) -> bytes:
        number, nested = self._random.randint(1, 10), b""
        for _ in range(self._random.choice((20, 99, 101, 3_000))):
            nested = field_of(number, nested)
        return content + nested

    def _repeated(self, content: bytes) -> bytes:
        """A message after itself is one message: lists double, the rest stays."""
        return content * self._random.choice((2, 3, 50))

    def _anything(self, _content: bytes) -> bytes:
        return self._random.randbytes(self._random.choice((1, 5, 50, 5_000)))


def field_of(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*groups, value))
