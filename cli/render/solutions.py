"""What a solver says about its plan: proven best, or how far from it the plan can be at most."""

from cli.render.text import duration_text, name_of
from protos.routing.v1.routing_pb2 import Solution
from service_chassis.wire import duration_to_nanos


def solution_text(solution: Solution) -> str:
    """`OPTIMAL, proven in 0.4 s`, or `FEASIBLE, at most 3.2 % above the best possible (…)`; empty where unsolved."""
    if solution.status == Solution.STATUS_UNSPECIFIED:
        return ""
    status = name_of(Solution.Status.Name, solution.status)
    search = _search_text(solution)
    if solution.status == Solution.STATUS_OPTIMAL:
        return f"{status}, proven in {search}"
    share = gap(solution)
    if share is None:
        return f"{status}, no lower bound known after {search} of search"
    bound = duration_text(duration_to_nanos(solution.lower_bound) / 1e9)
    return (
        f"{status}, at most {share * 100:.1f} % above the best possible (lower bound {bound}) after {search} of search"
    )


def short_solution_text(solution: Solution) -> str:
    """`OPTIMAL`, or `FEASIBLE, gap at most 3.2 %`; empty where unsolved."""
    if solution.status == Solution.STATUS_UNSPECIFIED:
        return ""
    status = name_of(Solution.Status.Name, solution.status)
    share = gap(solution)
    if solution.status == Solution.STATUS_OPTIMAL or share is None:
        return status
    return f"{status}, gap at most {share * 100:.1f} %"


def gap(solution: Solution) -> float | None:
    """How far the objective is above the lower bound, as a share of the bound; None without a bound."""
    bound = duration_to_nanos(solution.lower_bound)
    return (duration_to_nanos(solution.objective) - bound) / bound if bound > 0 else None


def _search_text(solution: Solution) -> str:
    seconds = duration_to_nanos(solution.solve_time) / 1e9
    return duration_text(seconds) if seconds >= 0.1 else "less than 0.1 s"
