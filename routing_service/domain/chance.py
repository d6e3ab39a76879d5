"""Random numbers for the compiled searches: equal seeds, equal numbers."""

import numpy as np
from numpy.typing import NDArray

from routing_service.domain.compiled import borrowing
from routing_service.domain.problem import IntArray


def chance_of(seed: int) -> NDArray[np.uint64]:
    return np.array([(seed * 2 + 1) % 2**64], np.uint64) * np.uint64(0x9E3779B97F4A7C15)


@borrowing
def random_below(chance: NDArray[np.uint64], below: int) -> int:
    """Xorshift; a whole number from 0 to before `below`."""
    x = chance[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    chance[0] = x
    return int(np.int64((x >> np.uint64(11)) % np.uint64(below)))


@borrowing
def shuffle(chance: NDArray[np.uint64], items: IntArray, count: int) -> None:
    """Put the first `count` items into any order."""
    for place in range(count - 1, 0, -1):
        other = random_below(chance, place + 1)
        items[place], items[other] = items[other], items[place]
