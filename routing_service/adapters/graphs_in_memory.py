"""Prepared graphs in memory: the least recently used go first when they get too many bytes."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor

from routing_service.domain.prepared import PreparedGraph, prepare
from routing_service.domain.problem import SystemGraph


class PreparedGraphs:
    """The cache itself, for one thread. The graph used last is kept whatever its size."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[bytes, PreparedGraph] = OrderedDict()
        self._bytes = 0

    def get(self, content_key: bytes) -> PreparedGraph | None:
        if content_key in self._kept:
            self._kept.move_to_end(content_key)
        return self._kept.get(content_key)

    def keep(self, prepared: PreparedGraph) -> None:
        if prepared.graph.content_key in self._kept:
            return
        self._kept[prepared.graph.content_key] = prepared
        self._bytes += prepared.size_in_bytes
        while self._bytes > self._max_bytes and len(self._kept) > 1:
            _, forgotten = self._kept.popitem(last=False)
            self._bytes -= forgotten.size_in_bytes


class InMemoryPreparedGraphs:
    """The repository: prepares on `executor`, and each content once, however many calls wait for it."""

    def __init__(
        self, max_bytes: int, executor: Executor, prepare: Callable[[SystemGraph], PreparedGraph] = prepare
    ) -> None:
        self._kept = PreparedGraphs(max_bytes)
        self._executor = executor
        self._prepare = prepare
        self._under_way: dict[bytes, asyncio.Future[PreparedGraph]] = {}

    async def prepared(self, graph: SystemGraph) -> PreparedGraph:
        kept = self._kept.get(graph.content_key)
        if kept is not None:
            return kept
        if graph.content_key not in self._under_way:
            work = asyncio.get_running_loop().run_in_executor(self._executor, self._prepare, graph)
            self._under_way[graph.content_key] = work
            work.add_done_callback(lambda done: self._finish(graph.content_key, done))
        # A caller that gives up must not stop the work that others wait for.
        return await asyncio.shield(self._under_way[graph.content_key])

    def _finish(self, content_key: bytes, done: asyncio.Future[PreparedGraph]) -> None:
        del self._under_way[content_key]
        if not done.cancelled() and done.exception() is None:
            self._kept.keep(done.result())
