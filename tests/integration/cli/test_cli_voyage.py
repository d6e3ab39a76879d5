"""`spacetraders voyage …`: the list, one voyage, watching by id or by ship, and cancelling."""

import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_pb2 import Voyage
from protos.navigation.v1.navigation_service_pb2 import WatchVoyageRequest
from tests.fakes.cli_world import START, VOYAGE_ID, Servers, completed, event, failed, flight, route_with_refuel
from tests.integration.cli.conftest import Spacetraders

OLDER = "01920000-0000-7000-8000-000000000001"


def voyage(voyage_id: str = VOYAGE_ID, state: Voyage.State.ValueType = Voyage.STATE_UNDER_WAY) -> Voyage:
    made = Voyage(
        voyage_id=voyage_id,
        ship_symbol="ASTRA-1",
        stops=[Voyage.Stop(waypoint_symbol="X1-AB12-C3")],
        state=state,
        route=route_with_refuel(),
        step_index=1,
        owner="worker-1",
        last_error="GAME_UNAVAILABLE: no answer",
    )
    made.create_time.seconds = START
    made.eta.seconds = START + 793
    made.next_action_time.seconds = START + 60
    made.lease_expire_time.seconds = START + 70
    return made


@pytest.fixture
def flown(servers: Servers) -> Voyage:
    """The ship's newest voyage is under way; an older one completed."""
    servers.navigation.add_voyage(voyage(OLDER, Voyage.STATE_COMPLETED), flight(completed()))
    newest = voyage()
    servers.navigation.add_voyage(newest, flight(completed()))
    return newest


def test_lists_state_progress_owner_and_last_error(flown: Voyage, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "list")

    newest, older = outcome.out.splitlines()[1:3]
    assert newest.startswith(VOYAGE_ID)
    for part in ("ASTRA-1", "UNDER_WAY", "X1-AB12-C3", "1/4", "worker-1", "GAME_UNAVAILABLE: no answer"):
        assert part in newest
    assert older.startswith(OLDER)


def test_filters_by_state_and_ship(flown: Voyage, spacetraders: Spacetraders) -> None:
    def ids(*options: str) -> list[str]:
        document = spacetraders("voyage", "list", *options, "-o", "json").json
        return [listed["voyage_id"] for listed in document["voyages"]]

    assert ids("--active") == [VOYAGE_ID]
    assert ids("--state", "completed", "--state", "FAILED") == [OLDER]
    assert ids("--ship", "astra-1") == [VOYAGE_ID, OLDER]
    assert ids("--ship", "ASTRA-2") == []


def test_the_limit_holds_over_pages_and_says_that_there_is_more(
    flown: Voyage, servers: Servers, spacetraders: Spacetraders
) -> None:
    servers.navigation._page_size = 1

    limited = spacetraders("voyage", "list", "--limit", "1")
    everything = spacetraders("voyage", "list", "--limit", "0", "-o", "json")

    assert OLDER not in limited.out
    assert "--limit" in limited.out
    assert len(everything.json["voyages"]) == 2


def test_shows_one_by_id_or_by_ship(flown: Voyage, spacetraders: Spacetraders) -> None:
    by_ship = spacetraders("voyage", "show", "astra-1")

    assert by_ship.out == spacetraders("voyage", "show", VOYAGE_ID).out
    assert "worker-1, lease until" in by_ship.out
    assert ">2" in by_ship.out
    assert spacetraders("voyage", "show", VOYAGE_ID, "-o", "json").json["voyage"]["step_index"] == 1


def test_shows_why_a_voyage_failed(flown: Voyage, spacetraders: Spacetraders) -> None:
    flown.state = Voyage.STATE_FAILED
    flown.failure.reason, flown.failure.message = "REFUEL_REFUSED", "nothing was added"

    outcome = spacetraders("voyage", "show", VOYAGE_ID)

    assert "REFUEL_REFUSED: nothing was added" in outcome.out
    assert "refuel elsewhere" in outcome.out


def test_watches_from_an_event_number(flown: Voyage, servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "watch", "ASTRA-1", "--after", "3", "-o", "json")

    assert outcome.code == ExitCode.OK
    assert [line["event"]["number"] for line in outcome.json_lines] == ["4", "5"]
    [request] = servers.navigation.armed.of_type("WatchVoyageRequest")
    assert isinstance(request, WatchVoyageRequest)
    assert request.after_event_number == 3


def test_watching_a_failed_voyage_exits_like_its_end(servers: Servers, spacetraders: Spacetraders) -> None:
    servers.navigation.add_voyage(voyage(), flight(failed("NO_ROUTE")))

    assert spacetraders("voyage", "watch", VOYAGE_ID).code == ExitCode.VOYAGE_FAILED


def test_a_voyage_whose_events_are_gone_still_tells_its_end(servers: Servers, spacetraders: Spacetraders) -> None:
    ended = voyage(state=Voyage.STATE_FAILED)
    ended.failure.reason = "SHIP_NOT_FOUND"
    servers.navigation.add_voyage(ended)

    outcome = spacetraders("voyage", "watch", VOYAGE_ID)

    assert outcome.code == ExitCode.VOYAGE_FAILED
    assert "SHIP_NOT_FOUND" in outcome.err


def test_every_kind_of_event_has_a_line(servers: Servers, spacetraders: Spacetraders) -> None:
    waiting, replanned, round_done, later = event(5), event(6), event(7), event(8)
    waiting.waiting.cause = "game in maintenance"
    waiting.waiting.until.seconds = START + 100
    replanned.replanned.cause = "a foreign hand"
    replanned.replanned.route.CopyFrom(route_with_refuel())
    round_done.round_completed.round = 2
    later.message = "a kind of event that is newer than this command"
    servers.navigation.add_voyage(voyage(), flight(waiting, replanned, round_done, later, completed(9)))

    out = spacetraders("voyage", "watch", VOYAGE_ID).out

    assert ": game in maintenance" in out
    assert "replanned (a foreign hand): 3 legs" in out
    assert "round 2 completed" in out
    assert "newer than this command" in out


def test_a_ship_without_voyages_is_wrong_usage(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "watch", "ASTRA-1")

    assert outcome.code == ExitCode.USAGE
    assert "spacetraders navigate ASTRA-1" in outcome.err


def test_what_is_neither_a_ship_nor_an_id_is_wrong_usage(servers: Servers, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "show", "ASTRA")

    assert outcome.code == ExitCode.USAGE
    assert "neither a voyage's id nor a ship's symbol" in outcome.err
    assert servers.navigation.armed.requests == []


def test_cancels_at_once_or_after_the_call_in_hand(flown: Voyage, spacetraders: Spacetraders) -> None:
    assert "will end after the call in hand" in spacetraders("voyage", "cancel", VOYAGE_ID).out

    flown.owner = ""

    assert "is cancelled" in spacetraders("voyage", "cancel", "ASTRA-1").out
    cancelled_again = spacetraders("voyage", "cancel", VOYAGE_ID, "-o", "json")
    assert cancelled_again.json["voyage"]["state"] == "STATE_CANCELLED"


def test_cancelling_what_is_over_is_refused(flown: Voyage, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "cancel", OLDER)

    assert outcome.code == ExitCode.REFUSED
    assert f"spacetraders voyage show {OLDER}" in outcome.err


def test_cancels_several_and_one_that_is_over_keeps_no_other_from_it(flown: Voyage, spacetraders: Spacetraders) -> None:
    flown.owner = ""

    outcome = spacetraders("voyage", "cancel", f"{OLDER},ASTRA-7", "ASTRA-1")

    assert outcome.code == ExitCode.REFUSED
    assert f"Voyage {VOYAGE_ID} is cancelled." in outcome.out
    assert "2 of 3 voyages cannot be cancelled" in outcome.err
    assert "VOYAGE_ENDED: it is over" in outcome.err
    assert "ASTRA-7 has made no voyage" in outcome.err
    assert f"spacetraders voyage show {OLDER}" in outcome.err


def test_an_unknown_voyage_is_refused(spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "show", OLDER)

    assert outcome.code == ExitCode.REFUSED
    assert "spacetraders voyage list" in outcome.err


def test_an_empty_list_says_how_to_begin(spacetraders: Spacetraders) -> None:
    assert "spacetraders navigate" in spacetraders("voyage", "list").out


def test_an_event_number_that_no_voyage_can_have_is_wrong_usage(flown: Voyage, spacetraders: Spacetraders) -> None:
    outcome = spacetraders("voyage", "watch", "ASTRA-1", "--after", "9" * 30)

    assert outcome.code == ExitCode.USAGE
    assert "--after" in outcome.err
