"""Page tokens continue the list that they came from, and no other."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.errors import InvalidInput
from shared_kernel.paging import decode_page_token, effective_page_size, encode_page_token


@pytest.mark.parametrize(("asked", "given_"), [(0, 50), (1, 1), (500, 500), (501, 500), (2**31 - 1, 500)])
def test_zero_asks_for_the_default_and_too_many_get_the_most(asked: int, given_: int) -> None:
    assert given_ == effective_page_size(asked)


@given(st.text(), st.text().filter(str.isprintable))
def test_a_token_gives_back_its_key(scope: str, key: str) -> None:
    assert key == decode_page_token(scope, encode_page_token(scope, key))


def test_no_token_is_the_first_page() -> None:
    assert decode_page_token("ListShips", "") is None


def test_a_token_travels_in_a_url_as_it_is() -> None:
    token = encode_page_token("ListShips", "ÿ?>~")

    assert token.replace("-", "").replace("_", "").isalnum()


@pytest.mark.parametrize(
    "token",
    [
        encode_page_token("ListShips:player=2", "SHIP-1"),
        "x",
        "é",
        "!!!!",
        base64.urlsafe_b64encode(b"[1]").decode(),
        base64.urlsafe_b64encode(b'["a", "b", "c"]').decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"[" * 200_000).decode(),
        encode_page_token("ListShips:player=1", "SHIP\x00"),
    ],
    ids=["other filters", "too short", "not ASCII", "not Base64", "number", "three", "not UTF-8", "deep", "forged"],
)
def test_refuses_a_foreign_or_broken_token(token: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decode_page_token("ListShips:player=1", token)

    assert [violation.field for violation in refusal.value.violations] == ["page_token"]
