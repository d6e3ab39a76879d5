"""What may be typed inside options."""

import pytest

from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.parsing import parse_assignments, parse_metadata, parse_modes


def test_modes_are_taken_in_any_case_and_once_each() -> None:
    assert parse_modes(" cruise,DRIFT ,Cruise,") == ("CRUISE", "DRIFT")
    assert parse_modes(None) == ()


def test_metadata_numbers_are_doubles() -> None:
    assert parse_metadata('{"a": 12345678901234567890, "b": [1, null]}') == {
        "a": 1.2345678901234567e19,
        "b": [1.0, None],
    }
    assert parse_metadata(None) == {}


@pytest.mark.parametrize("text", ["", "null", "{'a': 1}", '{"a": Infinity}', '{"a": ' + "9" * 400 + "}"])
def test_refuses_what_is_no_json_object_or_cannot_be_kept(text: str) -> None:
    with pytest.raises(CliError, match="--metadata") as caught:
        parse_metadata(text)

    assert caught.value.exit_code == ExitCode.USAGE


def test_assignments_set_and_remove() -> None:
    assert parse_assignments(["a=1", "b="], ["c"]) == {"a": "1", "b": "", "c": None}


@pytest.mark.parametrize(("settings", "removals"), [(["a"], []), (["=1"], []), (["a=1", "a=2"], []), (["a=1"], ["a"])])
def test_refuses_assignments_that_contradict_or_name_nothing(settings: list[str], removals: list[str]) -> None:
    with pytest.raises(CliError):
        parse_assignments(settings, removals)
