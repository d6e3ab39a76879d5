"""A voyage is killed before and after each of its calls and commits, one point at a time, and at all of them."""

import pytest

from tests.conftest import PostgresServer
from tests.e2e.crash.scenarios import SCENARIOS, Scenario
from tests.e2e.crash.trials import Results, Trial, try_everything

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer) -> Results:
    return try_everything(tmp_path_factory.mktemp("crashes"), postgres_server)


every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
on_both = pytest.mark.parametrize("kind", ["sqlite", "postgresql"])


@on_both
@every_scenario
def test_every_point_of_the_voyage_was_crashed_at(results: Results, kind: str, scenario: Scenario) -> None:
    trials = results[kind, scenario.name]

    assert trials.killed
    assert [trial.point for trial in trials.killed if not trial.hit] == []


@on_both
@every_scenario
def test_the_voyage_completes_wherever_its_process_dies(results: Results, kind: str, scenario: Scenario) -> None:
    trials = results[kind, scenario.name]

    lost = {trial.point: (trial.exit_codes, trial.states) for trial in trials.all if trial.exit_codes[-1] != 0}
    failed = {
        trial.point: trial.states for trial in results[kind, scenario.name].all if "COMPLETED" not in trial.states
    }

    assert lost == {}
    assert failed == {}


@on_both
@every_scenario
def test_the_game_does_everything_exactly_once(results: Results, kind: str, scenario: Scenario) -> None:
    trials = results[kind, scenario.name]
    expected = trials.undisturbed.effects

    assert expected
    assert {trial.point: trial.effects for trial in trials.killed if trial.effects != expected} == {}


@on_both
@every_scenario
def test_the_same_request_makes_one_voyage(results: Results, kind: str, scenario: Scenario) -> None:
    several = {trial.point: trial.states for trial in results[kind, scenario.name].all if len(trial.states) != 1}

    assert several == {}


@on_both
@every_scenario
def test_events_tell_each_happening_once(results: Results, kind: str, scenario: Scenario) -> None:
    trials = results[kind, scenario.name]

    told = {trial.point: [number for number, _ in trial.events] for trial in trials.all}
    assert told == {point: list(range(1, len(numbers) + 1)) for point, numbers in told.items()}
    expected = happenings(trials.undisturbed)
    assert {trial.point: trial.events for trial in trials.killed if happenings(trial) != expected} == {}


def happenings(trial: Trial) -> list[str]:
    """Its events but for those that tell of waiting."""
    return [kind for _, kind in trial.events if kind != "Waiting"]


def test_the_points_are_all_calls_and_all_commits(results: Results) -> None:
    """A voyage of two legs makes each kind of call, and stores every begin and every outcome."""
    points = results["sqlite", SCENARIOS[0].name].undisturbed.reached

    for deed, times in {
        "perform NAVIGATE": 2,
        "perform REFUEL": 1,
        "perform DOCK": 1,
        "perform ORBIT": 2,
        "perform SET_FLIGHT_MODE": 1,
        "get_ship": 3,
        "credential": 4,
        "plan_route": 1,
        "the commit of voyages.begin": 7,
        "the commit of voyages.claim_due": 3,
    }.items():
        for moment in ("before", "after"):
            found = [point for point in points if point.rpartition(" ")[0] == f"{moment} {deed}"]
            assert found == [f"{moment} {deed} {number}" for number in range(1, times + 1)]
