"""Symbols are opaque, but for the few rules that the game keeps."""

import pytest

from shared_kernel.errors import InvalidInput
from shared_kernel.symbols import AgentSymbol, Symbol, SystemSymbol, WaypointSymbol


@pytest.mark.parametrize("text", ["A", "X1-VB74-A1", "AGENT_7", "0", "A" * 64])
def test_accepts_what_the_game_calls_a_symbol(text: str) -> None:
    assert text == Symbol(text)


@pytest.mark.parametrize("text", ["", "x1", "A B", "A\n", "É", "A" * 65, "A/B", "\x00"])
def test_refuses_what_no_game_would_send(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Symbol(text)

    assert [violation.field for violation in refusal.value.violations] == ["symbol"]


@pytest.mark.parametrize("text", ["AB", "A" * 15, "abc", "A.B.C"])
def test_refuses_a_call_sign_of_the_wrong_length_or_letters(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        AgentSymbol(text)

    assert [violation.field for violation in refusal.value.violations] == ["agent_symbol"]


def test_a_waypoint_lies_in_the_system_of_its_first_two_parts() -> None:
    assert SystemSymbol("X1-VB74") == WaypointSymbol("X1-VB74-A1").system_symbol


def test_a_symbol_is_a_string_wherever_one_is_wanted() -> None:
    assert {WaypointSymbol("X1-A-B"): 1} == {"X1-A-B": 1}
