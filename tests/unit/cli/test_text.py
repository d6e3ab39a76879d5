"""How durations, moments and foreign text are written."""

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from cli.render.text import clock_text, counted, duration_text, fuel_text, moment_text, name_of, plain
from protos.navigation.v1.navigation_pb2 import NavStatus
from protos.routing.v1.routing_pb2 import FLIGHT_MODE_DRIFT, FlightMode

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def at(moment: datetime) -> Timestamp:
    return Timestamp(seconds=int(moment.timestamp()))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (0.04, "0 s"),
        (8.26, "8.3 s"),
        (9, "9 s"),
        (9.96, "10 s"),
        (59.6, "1 min 00 s"),
        (725, "12 min 05 s"),
        (3_599.9, "1 h 00 min"),
        (11_040, "3 h 04 min"),
        (86_399.9, "1 d 0 h"),
        (183_600, "2 d 3 h"),
    ],
)
def test_durations_are_as_exact_as_they_need_to_be(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


def test_moments_say_how_far_away_they_are() -> None:
    assert moment_text(at(NOW + timedelta(seconds=125)), NOW).endswith("(in 2 min 05 s)")
    assert moment_text(at(NOW - timedelta(seconds=42)), NOW).endswith("(42 s ago)")


def test_an_unset_time_is_a_dash() -> None:
    assert moment_text(Timestamp(), NOW) == "-"
    assert clock_text(Timestamp(), NOW) == "-"


def test_other_days_show_their_date() -> None:
    assert clock_text(at(NOW - timedelta(days=3)), NOW).startswith("2026-11-1")
    assert len(clock_text(at(NOW), NOW)) == len("12:00:00")


def test_enum_values_lose_their_prefix_and_newer_ones_keep_their_number() -> None:
    newer = FlightMode.ValueType(99)

    assert name_of(FlightMode.Name, FLIGHT_MODE_DRIFT) == "DRIFT"
    assert name_of(NavStatus.Name, NavStatus.ValueType(0)) == "-"
    assert name_of(FlightMode.Name, newer) == "99"


def test_control_characters_are_shown_and_not_obeyed() -> None:
    assert plain("a\x1b[31m\nb") == "a\ufffd[31m\ufffdb"
    assert plain("") == "-"


def test_counts_and_tanks() -> None:
    assert [counted(n, "leg") for n in (0, 1, 2)] == ["0 legs", "1 leg", "2 legs"]
    assert fuel_text(3, 400) == "3/400"
    assert fuel_text(0, 0) == "needs none"
