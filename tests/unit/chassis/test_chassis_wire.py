"""Conversions between protobuf's types and plain Python are exact where they can be, and never raise."""

from datetime import UTC, datetime, timedelta, timezone
from math import inf, isnan
from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from service_chassis.wire import (
    datetime_to_timestamp,
    dict_to_struct,
    duration_to_nanos,
    nanos_to_duration,
    struct_to_dict,
    timestamp_to_datetime,
)

SIGNED = st.integers(-(2**63), 2**63 - 1)
NANOS = st.integers(-(2**31), 2**31 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.integers(-(10**20), 10**20))
def test_nanoseconds_come_back_from_a_duration(nanos: int) -> None:
    assert duration_to_nanos(nanos_to_duration(nanos)) == nanos


@given(SIGNED, NANOS)
def test_any_duration_that_can_be_sent_is_read(seconds: int, nanos: int) -> None:
    assert duration_to_nanos(Duration(seconds=seconds, nanos=nanos)) == seconds * 10**9 + nanos


@given(st.integers())
def test_whatever_is_too_long_becomes_the_longest_duration(nanos: int) -> None:
    duration = nanos_to_duration(nanos * 10**12)

    assert abs(duration.seconds) <= 315_576_000_000


def test_an_unset_duration_is_no_time() -> None:
    assert duration_to_nanos(Duration()) == 0


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    timestamp = datetime_to_timestamp(moment)

    assert timestamp is not None
    assert timestamp_to_datetime(timestamp) == moment
    assert 0 <= timestamp.nanos < 10**9


def test_a_moment_elsewhere_is_the_same_moment() -> None:
    moment = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert datetime_to_timestamp(moment) == datetime_to_timestamp(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))


def test_no_moment_is_no_timestamp() -> None:
    assert datetime_to_timestamp(None) is None


@given(SIGNED, NANOS)
def test_any_timestamp_that_can_be_sent_is_read(seconds: int, nanos: int) -> None:
    assert timestamp_to_datetime(Timestamp(seconds=seconds, nanos=nanos)).tzinfo is UTC


@given(st.dictionaries(st.text(), JSON))
def test_json_comes_back_from_a_struct(mapping: dict[str, Any]) -> None:
    assert struct_to_dict(dict_to_struct(mapping)) == mapping


@pytest.mark.parametrize(("number", "kept"), [(7, 7.0), (10**400, inf), (-(10**400), -inf)])
def test_numbers_are_what_json_makes_of_them(number: int, kept: float) -> None:
    assert struct_to_dict(dict_to_struct({"number": number})) == {"number": kept}


def test_what_json_does_not_know_becomes_null() -> None:
    assert struct_to_dict(dict_to_struct({"moment": datetime(2026, 1, 1, tzinfo=UTC)})) == {"moment": None}


def test_a_struct_from_the_wire_may_hold_nothing_and_no_number() -> None:
    struct = Struct()
    struct.fields["unset"].SetInParent()
    struct.fields["nan"].number_value = float("nan")

    read = struct_to_dict(struct)

    assert read["unset"] is None
    assert isnan(read["nan"])
