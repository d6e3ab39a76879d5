"""Times contenders side by side, so that a machine that slows down slows them all."""

import gc
import time
from collections.abc import Mapping
from statistics import median

from tests.benchmarks.mediator.contenders import ANSWER, Contender, Send, direct

BEHAVIORS = (0, 1, 3)


async def _seconds(send: Send, request: object, sends: int) -> float:
    begin = time.perf_counter()
    for _ in range(sends):
        await send(request)
    return time.perf_counter() - begin


async def measure(
    contenders: Mapping[str, Contender], *, rounds: int, sends: int
) -> tuple[dict[str, tuple[float, ...]], float]:
    """Per contender its time as a multiple of the direct call with 0, 1 and 3 behaviors; and the direct call's seconds.

    Each sample stands between two samples of the direct call, and the median over the rounds is what counts.
    """
    built = {name: [contender(behaviors) for behaviors in BEHAVIORS] for name, contender in contenders.items()}
    for sender in built.values():
        for send, request in sender:
            assert await send(request) == ANSWER
    direct_send, direct_request = direct(0)
    ratios: dict[tuple[str, int], list[float]] = {(name, i): [] for name in built for i in range(len(BEHAVIORS))}
    floors = [await _seconds(direct_send, direct_request, sends)]
    gc.disable()
    try:
        for _ in range(rounds):
            for (name, i), samples in ratios.items():
                seconds = await _seconds(*built[name][i], sends)
                floors.append(await _seconds(direct_send, direct_request, sends))
                samples.append(2 * seconds / (floors[-2] + floors[-1]))
    finally:
        gc.enable()
    medians = {name: tuple(median(ratios[name, i]) for i in range(len(BEHAVIORS))) for name in built}
    return medians, median(floors) / sends
