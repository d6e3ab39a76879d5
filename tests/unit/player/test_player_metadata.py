"""Metadata: JSON within bounds, merged key by key."""

from typing import Any

import pytest

from player_service.domain.metadata import MAX_BYTES, MAX_DEPTH, MAX_KEY_LENGTH, Metadata
from shared_kernel.errors import InvalidInput


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1.0
    for _ in range(levels - 1):
        value = [value]
    return {"a": value}


def test_merging_sets_given_keys_and_leaves_the_others() -> None:
    merged = Metadata({"a": 1.0, "b": 2.0}).merged({"b": {"c": 3.0}, "d": 4.0})

    assert merged == Metadata({"a": 1.0, "b": {"c": 3.0}, "d": 4.0})


def test_merging_replaces_nested_values_whole() -> None:
    assert Metadata({"a": {"x": 1.0}}).merged({"a": {"y": 2.0}}) == Metadata({"a": {"y": 2.0}})


def test_merging_a_null_removes_its_key() -> None:
    assert Metadata({"a": 1.0, "b": 2.0}).merged({"a": None, "unknown": None}) == Metadata({"b": 2.0})


def test_keeps_nulls_below_the_top() -> None:
    assert Metadata({"a": [None], "b": {"c": None}, "d": None}).entries == {"a": [None], "b": {"c": None}}


def test_reads_back_what_it_wrote() -> None:
    metadata = Metadata({"text": 'ü\u0000"\\', "list": [1.5, True, None], "map": {"": False}})

    assert Metadata.parse(metadata.text) == metadata


@pytest.mark.parametrize(
    ("entries", "fault"),
    [
        ({"": 1.0}, "keys"),
        ({"k" * (MAX_KEY_LENGTH + 1): 1.0}, "keys"),
        (nested(MAX_DEPTH + 1), "nest"),
        ({"a": float("nan")}, "finite"),
        ({"a": [{"b": float("inf")}]}, "finite"),
        ({"a": "x" * MAX_BYTES}, "bytes"),
        ({"a": "ü" * (MAX_BYTES // 2)}, "bytes"),
    ],
)
def test_refuses_what_is_out_of_bounds(entries: dict[str, Any], fault: str) -> None:
    with pytest.raises(InvalidInput, match=fault) as caught:
        Metadata(entries)

    assert [violation.field for violation in caught.value.violations] == ["metadata"]


def test_accepts_what_just_fits() -> None:
    assert len(Metadata({"k": "x" * (MAX_BYTES - len('{"k":""}'))}).text) == MAX_BYTES
    Metadata(nested(MAX_DEPTH))


def test_refuses_a_merge_that_grows_too_big() -> None:
    half = "x" * (MAX_BYTES // 2)

    with pytest.raises(InvalidInput, match="bytes"):
        Metadata({"a": half}).merged({"b": half})
