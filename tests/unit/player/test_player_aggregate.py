"""The player's own rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from player_service.domain.errors import AgentSymbolMismatchError, TokenRejectedError, UniverseResetError
from player_service.domain.metadata import Metadata
from player_service.domain.player import Player, PlayerState, Registration, require_owner
from shared_kernel.symbols import AgentSymbol

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
ACE = Player.registered(7, Registration(AgentSymbol("ACE"), "game/2026-11-22", NOW, Metadata({"a": 1.0})))


def test_begins_active_with_its_first_token() -> None:
    assert (ACE.state, ACE.token_version, ACE.rejection_code) == (PlayerState.ACTIVE, 1, 0)
    ACE.require_accepted_token()


def test_a_rejected_present_token_takes_it_out_of_action() -> None:
    rejected = ACE.with_token_rejected(1, 4104, LATER)

    assert rejected == replace(ACE, state=PlayerState.TOKEN_REJECTED, rejection_code=4104, update_time=LATER)
    with pytest.raises(TokenRejectedError) as caught:
        rejected.require_accepted_token()
    assert caught.value.metadata == {"agent_symbol": "ACE", "game_error_code": "4104"}


def test_a_token_of_an_earlier_universe_is_named_as_such() -> None:
    with pytest.raises(UniverseResetError, match="reset"):
        ACE.with_token_rejected(1, 4113, LATER).require_accepted_token()


@pytest.mark.parametrize("version", [0, 2, 99])
def test_ignores_reports_about_any_other_token(version: int) -> None:
    assert ACE.with_token_rejected(version, 4104, LATER) is ACE


def test_ignores_a_second_report() -> None:
    rejected = ACE.with_token_rejected(1, 4113, LATER)

    assert rejected.with_token_rejected(1, 4104, LATER + timedelta(hours=1)) is rejected


def test_a_new_token_brings_it_back_into_action() -> None:
    back = ACE.with_token_rejected(1, 4113, NOW).with_new_token("game/2026-11-29", LATER)

    assert back == replace(ACE, token_version=2, universe="game/2026-11-29", update_time=LATER)


def test_metadata_is_merged_or_replaced() -> None:
    merged = ACE.with_metadata({"b": 2.0}, replacing=False, now=LATER)
    replaced = ACE.with_metadata({"b": 2.0}, replacing=True, now=LATER)

    assert merged == replace(ACE, metadata=Metadata({"a": 1.0, "b": 2.0}), update_time=LATER)
    assert replaced == replace(ACE, metadata=Metadata({"b": 2.0}), update_time=LATER)


def test_an_update_that_changes_nothing_is_no_update() -> None:
    assert ACE.with_metadata({}, replacing=False, now=LATER) is ACE
    assert ACE.with_metadata({"a": 1.0}, replacing=True, now=LATER) is ACE


def test_a_token_of_another_agent_is_not_its_own() -> None:
    require_owner(AgentSymbol("ACE"), "ACE")

    with pytest.raises(AgentSymbolMismatchError) as caught:
        require_owner(AgentSymbol("ACE"), "OTHER")
    assert caught.value.metadata == {"agent_symbol": "ACE", "token_agent_symbol": "OTHER"}
