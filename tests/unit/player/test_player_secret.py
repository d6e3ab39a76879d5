"""Secrets: they do not print."""

import copy
import pickle

import pytest

from player_service.application.commands.register_player import RegisterPlayerCommand
from player_service.application.credential import Credential, NewAgent
from player_service.domain.secret import AccountToken, AgentToken
from shared_kernel.errors import InvalidInput

VALUE = "eyJhbGciOi.very-secret.value"


@pytest.mark.parametrize("shown", [repr, str, format, lambda token: f"{token!s:>40}", lambda token: f"{[token]}"])
def test_a_token_shows_nothing_of_itself(shown: object) -> None:
    assert callable(shown)

    assert "secret" not in str(shown(AgentToken(VALUE)))


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_token_cannot_be_pickled_or_copied(copied: object) -> None:
    assert callable(copied)

    with pytest.raises(TypeError, match="AgentToken is a secret") as caught:
        copied(AgentToken(VALUE))
    assert VALUE not in str(caught.value)


def test_only_reveal_gives_a_token_away() -> None:
    assert AgentToken(VALUE).reveal() == VALUE


def test_tokens_are_equal_by_kind_and_value() -> None:
    assert AgentToken(VALUE) == AgentToken(VALUE)
    assert AgentToken(VALUE) != AgentToken("other")
    assert AgentToken(VALUE) != AccountToken(VALUE)
    assert len({AgentToken(VALUE), AgentToken(VALUE), AccountToken(VALUE)}) == 2


@pytest.mark.parametrize("value", ["", "Bearer x", "a\nb", "a\r\nX-Header: 1", "schlüssel", "x" * 4097, "tab\t"])
def test_refuses_what_no_header_can_carry_without_repeating_it(value: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        AgentToken(value)

    assert caught.value.violations[0].field == "token"
    assert not value or value not in str(caught.value)


def test_a_request_shows_nothing_of_its_credential() -> None:
    by_token = RegisterPlayerCommand("ACE", Credential(VALUE))
    enlisting = RegisterPlayerCommand("ACE", Credential(new_agent=NewAgent("COSMIC", VALUE)))

    assert VALUE not in repr(by_token) + repr(enlisting)
