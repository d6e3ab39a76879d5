"""How the benchmarks judge contenders and tell what they found."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from tests.benchmarks.routing.contest import Duel, installed, run_duel
from tests.benchmarks.routing.full_tank import FullTankTimes
from tests.benchmarks.routing.instances import (
    QUICK,
    TANKS,
    PlanCase,
    Ship,
    fleet_cases,
    route_cases,
    tour_cases,
)
from tests.benchmarks.routing.peers.peer import Answer, Contender
from tests.benchmarks.routing.report import bounds_table, each_table, gaps_table
from tests.benchmarks.routing.sections.plans import Targets, shortcomings
from tests.benchmarks.routing.systems import SystemMap, clustered, uniform

_SECOND = 10**9
_LINE = SystemMap(
    "X1-T", "small", ("A", "B", "C"), np.array([0, 10, 30]), np.array([0, 0, 0]), np.array([True, True, True])
)
# CRUISE at speed 25 takes a second per unit of distance and 15 more; BURN half of that, and the same 15.
CASE = PlanCase("line", _LINE, (Ship(400, 400, 25, 0),), (1, 2), closed=False, makespan=False, anywhere=False)
IN_ORDER, BACKWARDS = ((1, 2),), ((2, 1),)
# 5 + 15 and 10 + 15 seconds; 15 + 15 and 10 + 15.
BEST, WORSE = 45 * _SECOND, 55 * _SECOND


@dataclass(frozen=True)
class Scripted(Contender):
    """Gives one answer, whatever it is asked."""

    name: str  # type: ignore[misc]  # each one its own
    answer: Answer | None

    def solve(self, case: PlanCase, times: FullTankTimes, seconds: float) -> Answer | None:
        return self.answer


class Missing(Contender):
    name = "missing"
    module = "a_module_that_nobody_installs"


def duel(*contenders: Contender) -> Duel:
    return run_duel(CASE, contenders, 1e-6)


def test_plans_are_worth_what_their_orders_take_when_flown() -> None:
    found = duel(Scripted("good", Answer(IN_ORDER)), Scripted("bad", Answer(BACKWARDS)))

    assert [outcome.objective for outcome in found.outcomes] == [BEST, WORSE]
    assert [found.gap(outcome) for outcome in found.outcomes] == [0, WORSE / BEST - 1]
    assert found.faults == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (Answer(((1,),)), "line: liar: does not visit every stop once"),
        (Answer(((1, 2, 2),)), "line: liar: does not visit every stop once"),
        (Answer(IN_ORDER, durations=(BEST - 1,)), "line: liar: plans flights that are faster than possible"),
        (Answer(BACKWARDS, proven=True), f"line: liar: calls {WORSE} optimal, {BEST} was flown"),
        (Answer(IN_ORDER, lower_bound=BEST + 1), f"line: liar: its lower bound {BEST + 1} is above {BEST}"),
    ],
)
def test_false_claims_are_faults(answer: Answer, fault: str) -> None:
    assert duel(Scripted("honest", Answer(IN_ORDER)), Scripted("liar", answer)).faults == [fault]


def test_a_contender_without_a_plan_is_no_fault_and_has_no_gap() -> None:
    found = duel(Scripted("none", None), Scripted("some", Answer(IN_ORDER)))

    assert found.faults == []
    assert found.gap(found.outcomes[0]) is None


def test_peers_that_are_not_installed_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    there = Scripted("there", None)

    assert installed([Missing(), there]) == [there]
    assert "SKIPPED missing: a_module_that_nobody_installs is not installed" in capsys.readouterr().err


def test_tables_tell_gaps_proofs_and_bounds() -> None:
    ours = Answer(IN_ORDER, (BEST,), proven=True, lower_bound=BEST)
    found = [duel(Scripted("ours", ours), Scripted("none", None), Scripted("bad", Answer(BACKWARDS)))]

    gaps, bounds, each = gaps_table("tours", found), bounds_table(found, "ours"), each_table(found)

    assert "| bad | 22.22 % / 22.22 % (0.00) |" in gaps
    assert "| none | – |" in gaps
    assert "| 2 | 1 of 1 | 0.00 % / 0.00 % |" in bounds
    assert "| line | 45.0 | 0.00 % | – | 22.22 % |" in each


def test_ours_has_to_keep_up_with_every_peer_and_to_prove_what_is_small() -> None:
    found = [duel(Scripted("ours", Answer(BACKWARDS, (WORSE,))), Scripted("peer", Answer(IN_ORDER)))]

    told = list(shortcomings(found, Targets(proven=("2",), gaps=(("2", 0.1),), rival="peer")))

    assert told == [
        "line: not proven optimal",
        "line: 22.2 % worse than the best peer",
        "2: 22.22 % above the best known on the mean, the target is 10 %",
        "22.22 % above the best known on the mean, where peer is 0.00 %",
    ]


def test_nothing_is_short_where_ours_is_best_and_proven() -> None:
    ours = Answer(IN_ORDER, (BEST,), proven=True, lower_bound=BEST)
    found = [duel(Scripted("ours", ours), Scripted("peer", Answer(BACKWARDS)))]

    assert list(shortcomings(found, Targets(proven=("2",), gaps=(("2", 0.0),), rival="peer"))) == []


@pytest.mark.parametrize("anywhere", [True, False])
def test_cases_are_the_same_for_the_same_seed_and_keep_their_word(anywhere: bool) -> None:
    once, again = ([*tour_cases(QUICK, anywhere=anywhere), *fleet_cases(QUICK, anywhere=anywhere)] for _ in range(2))

    for case, twin in zip(once, again, strict=True):
        assert (case.name, case.ships, case.stops, case.rules) == (twin.name, twin.ships, twin.stops, twin.rules)
        assert len(set(case.stops)) == len(case.stops)
        assert not {ship.origin for ship in case.ships} & set(case.stops)
        assert anywhere or all(case.system.sells_fuel[stop] for stop in case.stops)
    assert len({case.name for case in once}) == len(once)


@pytest.mark.parametrize("make", [uniform, clustered])
def test_generated_systems_depend_on_their_seed_alone(make: object) -> None:
    assert callable(make)
    one, twin, other = make(90, 1), make(90, 1), make(90, 2)

    assert (one.x == twin.x).all()
    assert (one.sells_fuel == twin.sells_fuel).all()
    assert (one.x != other.x).any()


def test_route_cases_cover_every_tank() -> None:
    cases = route_cases([_LINE], 2 * len(TANKS), seed=1)

    assert {case.ship.capacity for case in cases} == set(TANKS)
    assert all(0 <= case.ship.fuel <= case.ship.capacity and case.ship.origin != case.destination for case in cases)


def test_a_tour_as_a_circuit_begins_at_the_origin_and_open_ones_get_home_for_nothing() -> None:
    times = FullTankTimes(CASE)

    assert times.legs(CASE.ships[0]).tolist() == [[0, 250, 0], [250, 0, 0], [200, 300, 0]]
    assert times.tour([1, 2, 0]) == (1, 2)
    assert FullTankTimes(replace(CASE, closed=True)).legs(CASE.ships[0])[:, 2].tolist() == [200, 300, 0]
    assert times.end(CASE.ships[0], (1, 2)) == BEST // 10**8
