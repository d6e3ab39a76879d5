"""The live display: its share of the way, its step, and what it draws on a terminal."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from cli.render.progress import EventLines, LiveLines, flown_share, progress_text
from cli.render.routes import route_summary
from protos.navigation.v1.navigation_pb2 import Voyage
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_BURN, Route
from tests.fakes.cli_world import START, VOYAGE_ID, completed, event, flight, leg, route_with_refuel

STARTED = datetime.fromtimestamp(START, UTC)


def voyage(eta_seconds: int = 100, ship: str = "ASTRA-1") -> Voyage:
    made = Voyage(voyage_id=VOYAGE_ID, ship_symbol=ship, route=route_with_refuel(), state=Voyage.STATE_UNDER_WAY)
    made.create_time.seconds = START
    made.eta.seconds = START + eta_seconds
    return made


@pytest.mark.parametrize(("seconds", "share"), [(-5, 0.0), (0, 0.0), (25, 0.25), (100, 1.0), (500, 1.0)])
def test_the_share_follows_the_clock_within_bounds(seconds: int, share: float) -> None:
    made = voyage()

    assert flown_share(made.create_time, made.eta, STARTED + timedelta(seconds=seconds)) == share


def test_a_voyage_that_takes_no_time_is_done() -> None:
    made = voyage(eta_seconds=0)

    assert flown_share(made.create_time, made.eta, STARTED) == 1.0


def test_the_line_names_the_step_and_the_time_left() -> None:
    under_way = voyage()
    under_way.step_index = 1

    text = progress_text(under_way, STARTED + timedelta(seconds=40))

    assert text.endswith(" 40%  1 min 00 s left, step 2 of 4: refuelling at X1-AB12-B7")


def test_past_the_eta_it_is_due() -> None:
    late = voyage()
    late.step_index = 4

    assert progress_text(late, STARTED + timedelta(seconds=140)).endswith("100%  due now, arriving")


def test_on_a_terminal_the_events_scroll_by_above_the_line() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, markup=False, highlight=False)

    with LiveLines(console, lambda: STARTED + timedelta(seconds=10)) as display:
        display.voyage(voyage())
        for event in flight():
            display.event(event)

    drawn = screen.getvalue()
    assert "refuelled at X1-AB12-B7" in drawn
    assert "step 2 of 4" in drawn


def test_says_nothing_of_fuel_for_a_ship_without_a_tank() -> None:
    screen = io.StringIO()
    probe, (_, departed, arrived, _) = voyage(), flight()
    probe.route.CopyFrom(Route(steps=[leg("A1", "B7", FLIGHT_MODE_BURN, 0, 192)]))
    departed.departed.fuel = arrived.arrived.fuel = 0
    lines = EventLines(Console(file=screen, width=200), lambda: STARTED)

    lines.voyage(probe)
    lines.event(departed)
    lines.event(arrived)

    assert "fuel" not in screen.getvalue()
    assert "arrived at X1-AB12-B7\n" in screen.getvalue()
    assert route_summary(probe.route).startswith("1 leg (BURN 1), no fuel needed, ")


def test_of_a_tour_it_names_round_and_stop() -> None:
    tour = voyage()
    tour.repeat, tour.round = True, 3
    tour.stops.extend(Voyage.Stop(waypoint_symbol=f"X1-AB12-{name}") for name in ("B7", "C3"))
    tour.stops[0].visit_time.seconds = START

    assert "round 3, stop 2 of 2, step 1 of 4" in progress_text(tour, STARTED)


def test_between_rounds_it_says_when_the_next_one_begins() -> None:
    resting = Voyage(repeat=True, round=2)
    resting.next_action_time.seconds = START + 30

    assert progress_text(resting, STARTED).endswith("0%  round 2 begins in 30 s")


def test_a_round_is_measured_from_its_own_beginning() -> None:
    tour = voyage(eta_seconds=220)
    tour.repeat, tour.round = True, 2
    round_done, begun, replanned_again = event(100), event(120), event(140)
    round_done.round_completed.round = 1
    begun.replanned.cause, replanned_again.replanned.cause = "round 2 begins", "a foreign hand"
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160, markup=False, highlight=False)

    with LiveLines(console, lambda: STARTED + timedelta(seconds=170)) as display:
        display.voyage(tour)
        for happening in (round_done, begun, replanned_again):
            display.event(happening)

    assert " 50%  " in screen.getvalue()


def test_several_ships_have_a_line_each_until_they_are_done() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=160, markup=False, highlight=False)
    other = voyage(ship="ASTRA-22")
    other.voyage_id = "another"

    with LiveLines(console, lambda: STARTED + timedelta(seconds=10)) as display:
        display.voyage(voyage())
        display.voyage(other)
        before = len(screen.getvalue())
        display.event(completed())

    drawn = screen.getvalue()
    assert "ASTRA-1   " in drawn[before:]
    assert drawn.rpartition("completed")[2].count("step") == 1
    assert "ASTRA-22  \u2501" in drawn.rpartition("completed")[2]


def test_a_terminal_without_all_characters_gets_a_plain_bar() -> None:
    screen = io.TextIOWrapper(io.BytesIO(), encoding="latin-1", errors="strict")
    console = Console(file=screen, force_terminal=True, width=120, markup=False, highlight=False)

    with LiveLines(console, lambda: STARTED + timedelta(seconds=50)) as display:
        display.voyage(voyage())

    screen.seek(0)
    assert f"{'#' * 12}{'-' * 12}  50%" in screen.read()
