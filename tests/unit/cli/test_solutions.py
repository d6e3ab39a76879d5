"""How a solver's word on its plan is passed on."""

import pytest

from cli.render.solutions import gap, short_solution_text, solution_text
from protos.routing.v1.routing_pb2 import Solution


def solution(
    status: Solution.Status.ValueType, objective: int = 110, bound: int = 100, milliseconds: int = 400
) -> Solution:
    made = Solution(status=status)
    made.objective.seconds, made.lower_bound.seconds = objective, bound
    made.solve_time.nanos = milliseconds * 1_000_000
    return made


@pytest.mark.parametrize(
    ("given", "long", "short"),
    [
        (Solution(), "", ""),
        (solution(Solution.STATUS_OPTIMAL), "OPTIMAL, proven in 0.4 s", "OPTIMAL"),
        (solution(Solution.STATUS_OPTIMAL, milliseconds=12), "OPTIMAL, proven in less than 0.1 s", "OPTIMAL"),
        (
            solution(Solution.STATUS_FEASIBLE),
            "FEASIBLE, at most 10.0 % above the best possible (lower bound 1 min 40 s) after 0.4 s of search",
            "FEASIBLE, gap at most 10.0 %",
        ),
        (
            solution(Solution.STATUS_FEASIBLE, bound=0),
            "FEASIBLE, no lower bound known after 0.4 s of search",
            "FEASIBLE",
        ),
    ],
)
def test_says_how_far_from_the_best_a_plan_can_be(given: Solution, long: str, short: str) -> None:
    assert solution_text(given) == long
    assert short_solution_text(given) == short


def test_the_gap_is_a_share_of_the_bound() -> None:
    assert gap(solution(Solution.STATUS_FEASIBLE)) == pytest.approx(0.1)
    assert gap(solution(Solution.STATUS_FEASIBLE, bound=0)) is None
