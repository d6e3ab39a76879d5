"""What may be typed inside options."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.credentials import read_account_token
from cli.errors import CliError
from cli.exit_codes import ExitCode
from cli.parsing import parse_assignments, parse_metadata, parse_modes, read_symbols, ship_symbols


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


def test_ships_after_the_first_may_leave_their_agent_out() -> None:
    assert ship_symbols("--ships", ["astra-1, 2,A", "NOVA-X-1,3"]) == [
        "ASTRA-1", "ASTRA-2", "ASTRA-A", "NOVA-X-1", "NOVA-X-3",
    ]  # fmt: skip


def test_refuses_a_first_ship_without_its_agent() -> None:
    with pytest.raises(CliError, match="--ships: 1 is not"):
        ship_symbols("--ships", ["1,ASTRA-2"])


def test_a_list_without_an_end_is_given_up() -> None:
    with pytest.raises(CliError, match="too long"):
        read_symbols("WP", ["@/dev/zero"])


def test_a_list_may_begin_as_some_editors_have_it(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbfA1\r\nb2 # far out\r\n")

    assert read_symbols("WP", [f"@{tmp_path / 'list'}"]) == ["A1", "B2"]


@pytest.mark.parametrize("read", [lambda: read_symbols("WP", ["-"]), lambda: read_account_token("-")])
def test_what_is_not_text_on_standard_input_is_refused(
    read: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As Python hands it on where the locale is C.
    undecoded = io.TextIOWrapper(io.BytesIO(b"A1,\xff"), encoding="utf-8", errors="surrogateescape")
    monkeypatch.setattr("sys.stdin", undecoded)

    with pytest.raises(CliError, match="is not text"):
        read()


def test_a_list_in_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xff\xfe")

    with pytest.raises(CliError, match="is not text"):
        read_symbols("WP", [f"@{tmp_path / 'list'}"])
