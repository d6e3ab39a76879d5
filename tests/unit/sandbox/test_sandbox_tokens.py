"""Agent tokens look like the live server's, and each way of being wrong has its own code."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from sandbox.tokens import TokenOffice

ISSUED = 1_900_000_000_000


@pytest.fixture
def office() -> TokenOffice:
    return TokenOffice("the-account", b"secret", "2026-11-25", {"ACE"})


def part(claims: object) -> str:
    return urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()


def forged(token: str, **changes: Any) -> str:
    """The token with other claims, and the signature it had."""
    head, payload, signature = token.split(".")
    claims = json.loads(urlsafe_b64decode(payload + "=="))
    return f"{head}.{part({k: v for k, v in (claims | changes).items() if v is not None})}.{signature}"


def refused(office: TokenOffice, authorization: str) -> int:
    refusal = office.identify(authorization).refusal
    assert refusal is not None
    return refusal.code


def test_a_token_is_a_jwt_with_the_claims_of_the_live_server(office: TokenOffice) -> None:
    token = office.issue("ACE", ISSUED)
    header, payload, signature = (urlsafe_b64decode(text + "==") for text in token.split("."))

    assert json.loads(header) == {"alg": "HS256", "typ": "JWT"}
    assert json.loads(payload) == {
        "identifier": "ACE",
        "version": "v2.3.0",
        "reset_date": "2026-11-25",
        "iat": 1_900_000_000,
        "sub": "agent-token",
    }
    assert len(signature) == 32


def test_a_good_token_names_its_agent(office: TokenOffice) -> None:
    assert office.identify(f"Bearer {office.issue('ACE', ISSUED)}").agent == "ACE"


def test_the_account_token_is_no_agent(office: TokenOffice) -> None:
    caller = office.identify("Bearer the-account")

    assert caller.account
    assert caller.agent is None


def test_a_token_of_an_earlier_reset_says_both_dates(office: TokenOffice) -> None:
    old = TokenOffice("the-account", b"another secret", "2026-11-18", {"ACE"}).issue("ACE", ISSUED)

    refusal = office.identify(f"Bearer {old}").refusal

    assert refusal is not None
    assert (refusal.code, refusal.status) == (4113, 401)
    assert refusal.data == {"expected": "2026-11-25", "actual": "2026-11-18"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sub": None}, 4101),
        ({"sub": "someone"}, 4102),
        ({"sub": "account-token"}, 4114),
        ({"version": "v2.2.0"}, 4109),
        ({"reset_date": "2020-01-01"}, 4113),
        ({"identifier": "BEE"}, 4115),
        ({"iat": 1}, 4115),
    ],
)
def test_changed_claims_are_found_out(office: TokenOffice, changes: dict[str, Any], code: int) -> None:
    assert code == refused(office, f"Bearer {forged(office.issue('ACE', ISSUED), **changes)}")


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer", 4100),
        ("Bearer ", 4100),
        ("Basic abc", 4100),
        ("Bearer nonsense", 4104),
        ("Bearer a.b.c", 4104),
        ("Bearer é.é.é", 4104),
        (f"Bearer {part({})}.{part([1])}.x", 4104),
        ("Bearer ...", 4104),
    ],
)
def test_what_is_no_token_at_all_is_refused_too(office: TokenOffice, authorization: str, code: int) -> None:
    assert code == refused(office, authorization)


def test_a_token_of_an_unknown_agent_is_refused(office: TokenOffice) -> None:
    assert refused(office, f"Bearer {office.issue('GHOST', ISSUED)}") == 4107


def test_a_revoked_token_is_dead_and_a_fresh_one_lives(office: TokenOffice) -> None:
    old, new = office.issue("ACE", ISSUED), office.issue("ACE", ISSUED + 1000)
    office.identify(f"Bearer {old}")

    office.revoke(f"Bearer {old}")

    assert refused(office, f"Bearer {old}") == 4104
    assert office.identify(f"Bearer {new}").agent == "ACE"
