"""The live display: its share of the way, its step, and what it draws on a terminal."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from cli.render.progress import LiveLine, flown_share, progress_text
from protos.navigation.v1.navigation_pb2 import Voyage
from tests.fakes.cli_world import START, flight, route_with_refuel

STARTED = datetime.fromtimestamp(START, UTC)


def voyage(eta_seconds: int = 100) -> Voyage:
    made = Voyage(route=route_with_refuel())
    made.create_time.seconds = START
    made.eta.seconds = START + eta_seconds
    return made


@pytest.mark.parametrize(("seconds", "share"), [(-5, 0.0), (0, 0.0), (25, 0.25), (100, 1.0), (500, 1.0)])
def test_the_share_follows_the_clock_within_bounds(seconds: int, share: float) -> None:
    assert flown_share(voyage(), STARTED + timedelta(seconds=seconds)) == share


def test_a_voyage_that_takes_no_time_is_done() -> None:
    assert flown_share(voyage(eta_seconds=0), STARTED) == 1.0


def test_the_line_names_the_step_and_the_time_left() -> None:
    under_way = voyage()
    under_way.step_index = 1

    text = progress_text(under_way, STARTED + timedelta(seconds=40))

    assert " 40%  step 2 of 4: refuelling at X1-AB12-B7, 1 min 00 s left" in text


def test_past_the_eta_it_is_due() -> None:
    late = voyage()
    late.step_index = 4

    assert progress_text(late, STARTED + timedelta(seconds=140)).endswith("100%  arriving, due now")


def test_on_a_terminal_the_events_scroll_by_above_the_line() -> None:
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, markup=False, highlight=False)

    with LiveLine(console, lambda: STARTED + timedelta(seconds=10)) as display:
        display.voyage(voyage())
        for event in flight():
            display.event(event)

    drawn = screen.getvalue()
    assert "refuelled at X1-AB12-B7" in drawn
    assert "step 2 of 4" in drawn
