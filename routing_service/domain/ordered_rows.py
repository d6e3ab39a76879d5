"""Rows whose first three columns say what they cost, compared in that order: for the compiled searches."""

import numpy as np

from routing_service.domain.compiled import borrowing, compiled
from routing_service.domain.problem import IntArray


@borrowing
def less(a: int, b: int, c: int, x: int, y: int, z: int) -> bool:
    """Whether the cost (a, b, c) is less than (x, y, z)."""
    if a != x:
        return bool(a < x)
    return bool(b < y) if b != y else bool(c < z)


@borrowing
def precedes(rows: IntArray, i: int, j: int) -> bool:
    """Whether row i costs less than row j."""
    if rows[i, 0] != rows[j, 0]:
        return bool(rows[i, 0] < rows[j, 0])
    if rows[i, 1] != rows[j, 1]:
        return bool(rows[i, 1] < rows[j, 1])
    return bool(rows[i, 2] < rows[j, 2])


@borrowing
def push(heap: IntArray, size: int, rows: IntArray, row: int) -> int:
    """Add a row to a heap of `size` rows that has room for it; the new size."""
    hole = size
    while hole > 0 and precedes(rows, row, heap[(hole - 1) >> 1]):
        heap[hole] = heap[(hole - 1) >> 1]
        hole = (hole - 1) >> 1
    heap[hole] = row
    return size + 1


@borrowing
def pop(heap: IntArray, size: int, rows: IntArray) -> tuple[int, int]:
    """Take out the row of least cost: that row, and the new size."""
    top, last = heap[0], heap[size - 1]
    size -= 1
    hole, child = 0, 1
    while child < size:
        if child + 1 < size and precedes(rows, heap[child + 1], heap[child]):
            child += 1
        if not precedes(rows, heap[child], last):
            break
        heap[hole] = heap[child]
        hole, child = child, 2 * child + 1
    heap[hole] = last
    return top, size


@compiled
def doubled(rows: IntArray) -> IntArray:
    """The same rows, and room for as many more."""
    # Written out, as assignments to slices take seconds to compile.
    larger = np.empty((2 * rows.shape[0], rows.shape[1]), np.int64)
    for row in range(rows.shape[0]):
        for column in range(rows.shape[1]):
            larger[row, column] = rows[row, column]
    return larger


@compiled
def doubled_heap(heap: IntArray) -> IntArray:
    larger = np.empty(2 * heap.size, np.int64)
    for position in range(heap.size):
        larger[position] = heap[position]
    return larger
