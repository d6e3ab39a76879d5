"""A small chaos run, and whether its report would find a broken promise."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.chaos.report import Duplicate, Effect, Flown, Report, duplicates, effects, judge
from tests.e2e.chaos.run import Options, run_chaos

SMALL = Options(
    voyages=12,
    replicas=2,
    kill_seconds=6.0,
    spread_seconds=10.0,
    longest_trip_seconds=900.0,
    at_most_seconds=60.0,
    calm_seconds=480.0,
    environment={"GAME_TIMEOUT_SECONDS": "2", "VOYAGE_LEASE_SECONDS": "6"},
)
HOME, PUMP, FAR = "X1-AB-A1", "X1-AB-B2", "X1-AB-C3"
PLAN = (("navigate", PUMP), ("refuel", PUMP), ("navigate", FAR))
FLOWN = Flown("v1", "ACE-1", HOME, PLAN, state="COMPLETED")


@pytest.mark.e2e
@pytest.mark.postgres
def test_voyages_complete_and_nothing_is_done_twice_while_everything_fails(tmp_path: Path) -> None:
    report = run_chaos(SMALL, tmp_path / "run")

    assert report.held, "\n".join(report.lines())
    assert sum(report.deaths.values()) >= 3
    assert sum(report.struck.values()) >= 10


def entry(action: str, destination: str | None = None, result: str = "applied", **fuel: int) -> dict[str, Any]:
    filled = {"fuel_before": 40, "fuel_after": 100} if action == "refuel" else {"fuel_before": 100, "fuel_after": 40}
    return (
        {"number": 7, "ship": "ACE-1", "action": action, "destination": destination, "result": result} | filled | fuel
    )


VOYAGE = [entry("navigate", PUMP), entry("refuel"), entry("navigate", FAR)]


def judged(*log: dict[str, Any], flown: Flown = FLOWN, **changes: Any) -> Report:
    facts: dict[str, Any] = {"struck": {}, "deaths": {}, "surprises": {}, "seconds": 1.0, "processes_lost": ()}
    return judge(1, [flown], log, **facts | changes)


def test_a_voyage_that_was_flown_as_planned_is_fine() -> None:
    report = judged(*VOYAGE)

    assert report.held
    assert (report.legs_flown, report.refuels_paid, report.requests_needed) == (2, 1, 6)


def test_a_leg_that_was_flown_twice_is_found() -> None:
    log = [entry("navigate", PUMP), entry("navigate", HOME), entry("navigate", PUMP)]
    replanned = replace(FLOWN, replans=1)

    report = judged(*log, flown=replanned)

    assert report.duplicates == [Duplicate("ACE-1", "navigate", f"{HOME} to {PUMP}")]
    assert not report.held


def test_a_tank_that_was_filled_twice_at_a_stop_is_found() -> None:
    report = judged(*VOYAGE[:2], entry("refuel", fuel_before=90), VOYAGE[2])

    assert report.duplicates == [Duplicate("ACE-1", "refuel", PUMP)]


def test_a_tour_may_fly_twice_what_it_planned_twice() -> None:
    there_and_back: list[Effect] = [("navigate", PUMP), ("navigate", HOME), ("navigate", PUMP)]
    tour = replace(FLOWN, plan=tuple(there_and_back))

    assert list(duplicates(tour, there_and_back)) == []
    assert len(list(duplicates(tour, [*there_and_back, ("navigate", HOME), ("navigate", PUMP)]))) == 2


@pytest.mark.parametrize("result", ["no_op", "refused"])
def test_calls_without_effect_are_no_duplicates(result: str) -> None:
    repeated = [entry("navigate", PUMP, result), entry("refuel", result=result)]

    assert list(effects(HOME, [*VOYAGE[:2], *repeated, VOYAGE[2]])) == list(PLAN)


def test_what_was_neither_planned_nor_planned_anew_breaks_the_promise() -> None:
    skipped = [entry("navigate", PUMP), entry("navigate", FAR)]

    assert judged(*skipped).strays == ["ACE-1"]
    assert not judged(*skipped).held
    assert judged(*skipped, flown=replace(FLOWN, replans=1)).held


@pytest.mark.parametrize(
    "flown",
    [
        replace(FLOWN, state=""),
        replace(FLOWN, state="FAILED", failure="REPLAN_LOOP"),
        replace(FLOWN, gaps=True),
    ],
)
def test_a_voyage_that_did_not_complete_breaks_the_promise(flown: Flown) -> None:
    report = judged(*VOYAGE, flown=flown)

    assert not report.held
    assert "BROKEN" in list(report.lines())[-1]


def test_errors_that_the_contract_does_not_know_break_the_promise() -> None:
    assert not judged(*VOYAGE, surprises={"NavigateShip INTERNAL": 1}).held
    assert not judged(*VOYAGE, processes_lost=("navigation_service-1",)).held
