"""How long a solve may take."""

import pytest

from routing_service.domain.solve_limit import SolveLimit

_SECOND = 10**9


@pytest.mark.parametrize(
    ("time_limit", "remaining", "seconds"),
    [
        (0, None, 10.0),
        (3 * _SECOND, None, 3.0),
        (3_600 * _SECOND, None, 60.0),
        (0, 30.0, 10.0),
        (0, 10.0, 9.5),
        (0, 1.0, 0.95),
        (0, 0.5, 0.45),
        (2 * _SECOND, 0.5, 0.45),
        (0, 0.05, 0.0),
    ],
)
def test_is_the_least_of_wish_cap_and_deadline(time_limit: int, remaining: float | None, seconds: float) -> None:
    limit = SolveLimit(time_limit, seed=3, work_limit=4, remaining=lambda: remaining)

    assert limit.budget().seconds == pytest.approx(seconds)
    assert (limit.budget().seed, limit.budget().work_limit) == (3, 4)


def test_the_deadline_counts_on_in_the_queue() -> None:
    left = iter([2.0, 1.0])
    limit = SolveLimit(0, 0, 0, remaining=lambda: next(left))

    assert [limit.budget().seconds, limit.budget().seconds] == pytest.approx([1.9, 0.95])


def test_the_largest_seed_and_work_limit_can_be_counted_with() -> None:
    budget = SolveLimit(0, 2**64 - 1, 2**64 - 1, remaining=lambda: None).budget()

    assert budget.seed * 2 + 1 < 2**63
    assert budget.work_limit < 2**63
