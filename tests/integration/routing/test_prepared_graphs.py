"""The repository of prepared graphs."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from routing_service.adapters.graphs_in_memory import InMemoryPreparedGraphs
from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import SystemGraph
from tests.fakes.routing_systems import system

_SMALL, _OTHER, _THIRD = (system([(0, 0, True), (distance, 0, False)]) for distance in (3, 4, 5))
_SIZE = prepare(_SMALL).size_in_bytes


class CountedPreparation:
    """Prepares only while the gate is open."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.prepared: list[SystemGraph] = []

    def __call__(self, graph: SystemGraph) -> PreparedGraph:
        self.gate.wait(10)
        self.prepared.append(graph)
        return prepare(graph)


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as executor:
        yield executor


async def test_prepares_each_content_once(executor: ThreadPoolExecutor) -> None:
    preparation = CountedPreparation()
    graphs = InMemoryPreparedGraphs(10 * _SIZE, executor, preparation)

    first = await graphs.prepared(_SMALL)
    again = await graphs.prepared(system([(0, 0, True), (3, 0, False)]))

    assert first is again
    assert len(preparation.prepared) == 1


async def test_callers_that_come_meanwhile_wait_for_the_same_work(executor: ThreadPoolExecutor) -> None:
    preparation = CountedPreparation()
    preparation.gate.clear()
    graphs = InMemoryPreparedGraphs(10 * _SIZE, executor, preparation)
    waiting = [asyncio.ensure_future(graphs.prepared(_SMALL)) for _ in range(5)]
    await asyncio.sleep(0)
    waiting.pop().cancel()
    preparation.gate.set()

    assert len({id(prepared) for prepared in await asyncio.gather(*waiting)}) == 1
    assert len(preparation.prepared) == 1


async def test_forgets_what_was_not_used_for_longest(executor: ThreadPoolExecutor) -> None:
    preparation = CountedPreparation()
    graphs = InMemoryPreparedGraphs(2 * _SIZE, executor, preparation)
    for graph in (_SMALL, _OTHER, _SMALL, _THIRD, _SMALL, _OTHER):
        await graphs.prepared(graph)

    assert preparation.prepared == [_SMALL, _OTHER, _THIRD, _OTHER]


async def test_keeps_the_graph_in_use_whatever_its_size(executor: ThreadPoolExecutor) -> None:
    preparation = CountedPreparation()
    graphs = InMemoryPreparedGraphs(1, executor, preparation)

    for _ in range(3):
        await graphs.prepared(_SMALL)

    assert len(preparation.prepared) == 1


async def test_a_failed_preparation_is_not_kept(executor: ThreadPoolExecutor) -> None:
    outcomes: list[Exception | None] = [MemoryError(), None]

    def flaky(graph: SystemGraph) -> PreparedGraph:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome
        return prepare(graph)

    graphs = InMemoryPreparedGraphs(_SIZE, executor, flaky)
    with pytest.raises(MemoryError):
        await graphs.prepared(_SMALL)

    assert (await graphs.prepared(_SMALL)).graph is _SMALL
