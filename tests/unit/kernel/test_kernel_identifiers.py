"""UUIDs of version 7 sort by the time they were made."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from shared_kernel.identifiers import is_uuid, uuid7

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_uuid_7_says_its_version_and_variant() -> None:
    made = uuid.UUID(uuid7(NOW, random_bits=(1 << 74) - 1))

    assert made.version == 7
    assert made.variant == uuid.RFC_4122


def test_a_later_one_sorts_later() -> None:
    assert uuid7(NOW, random_bits=(1 << 74) - 1) < uuid7(NOW + timedelta(milliseconds=1), random_bits=0)


def test_equal_time_and_chance_give_equal_ids() -> None:
    assert uuid7(NOW, random_bits=7) == uuid7(NOW, random_bits=7)


def test_two_of_the_same_moment_differ() -> None:
    assert uuid7(NOW) != uuid7(NOW)


@pytest.mark.parametrize("text", ["", "voyage", "0" * 32, "{01900000-0000-7000-8000-000000000000}", "x" * 36])
def test_tells_what_is_no_uuid(text: str) -> None:
    assert not is_uuid(text)


def test_a_uuid_may_be_written_in_capitals() -> None:
    assert is_uuid(uuid7(NOW).upper())
