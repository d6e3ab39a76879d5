"""The gate graph: one component over all gates, a few short detours more than a tree needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import hypot
from random import Random
from typing import Final

from sandbox.world.places import System

MOST_CONNECTIONS: Final = 9
EDGES_PER_GATE: Final = 2.2


def connect_gates(systems: Sequence[System], rng: Random) -> dict[str, tuple[str, ...]]:
    """Gate symbol -> connected gate symbols. Unfinished gates are leaves, so the finished ones stay connected."""
    gates = [(gate, system) for system in systems if (gate := system.first("JUMP_GATE")) is not None]
    finished = [(gate.symbol, system) for gate, system in gates if not gate.under_construction]
    edges = _spanning_tree(finished)
    _add_detours(edges, finished, rng)
    for gate, system in gates:
        if gate.under_construction:
            edges.add(_edge(gate.symbol, min(finished, key=lambda other: _length(system, other[1]))[0]))
    return _adjacency(edges, (gate.symbol for gate, _ in gates))


def _edge(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _length(one: System, other: System) -> float:
    return hypot(one.x - other.x, one.y - other.y)


def _spanning_tree(gates: Sequence[tuple[str, System]]) -> set[tuple[str, str]]:
    inside, outside = [gates[0]], list(gates[1:])
    edges: set[tuple[str, str]] = set()
    while outside:
        here, there = min(((i, o) for i in inside for o in outside), key=lambda pair: _length(pair[0][1], pair[1][1]))
        edges.add(_edge(here[0], there[0]))
        outside.remove(there)
        inside.append(there)
    return edges


def _add_detours(edges: set[tuple[str, str]], gates: Sequence[tuple[str, System]], rng: Random) -> None:
    degree: dict[str, int] = {}
    for symbol in (end for edge in edges for end in edge):
        degree[symbol] = degree.get(symbol, 0) + 1
    for one, other in sorted(combinations(gates, 2), key=lambda pair: _length(pair[0][1], pair[1][1])):
        if len(edges) >= EDGES_PER_GATE * len(gates):
            return
        edge = _edge(one[0], other[0])
        if edge in edges or rng.randrange(2) or max(degree[edge[0]], degree[edge[1]]) >= MOST_CONNECTIONS - 2:
            continue
        edges.add(edge)
        degree[edge[0]] += 1
        degree[edge[1]] += 1


def _adjacency(edges: Iterable[tuple[str, str]], gates: Iterable[str]) -> dict[str, tuple[str, ...]]:
    reached: dict[str, set[str]] = {gate: set() for gate in gates}
    for one, other in edges:
        reached[one].add(other)
        reached[other].add(one)
    return {gate: tuple(sorted(others)) for gate, others in sorted(reached.items())}
