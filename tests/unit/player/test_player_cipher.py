"""Tokens at rest: sealed, bound to their player, and readable while keys rotate."""

import os
import stat
import threading
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from player_service.adapters.key_file import FILE_NAME, kept_key
from player_service.adapters.token_cipher import TokenCipher
from player_service.domain.errors import TokenUnreadableError
from player_service.domain.secret import AgentToken

TOKEN = AgentToken("eyJ.the-token.of-ace")
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_opens_what_it_sealed() -> None:
    cipher = TokenCipher([OLD])

    assert cipher.open("ACE", cipher.seal("ACE", TOKEN)) == TOKEN


def test_a_sealed_token_shows_nothing_and_never_looks_the_same() -> None:
    cipher = TokenCipher([OLD])
    first, second = cipher.seal("ACE", TOKEN), cipher.seal("ACE", TOKEN)

    assert TOKEN.reveal() not in first
    assert first != second


def test_opens_in_its_own_player_s_row_only() -> None:
    cipher = TokenCipher([OLD])

    with pytest.raises(TokenUnreadableError, match="OTHER"):
        cipher.open("OTHER", cipher.seal("ACE", TOKEN))


def test_keys_rotate_by_putting_a_new_one_in_front() -> None:
    sealed_before = TokenCipher([OLD]).seal("ACE", TOKEN)
    rotated = TokenCipher([NEW, OLD])

    assert rotated.open("ACE", sealed_before) == TOKEN
    assert TokenCipher([NEW]).open("ACE", rotated.seal("ACE", TOKEN)) == TOKEN


@pytest.mark.parametrize("sealed", ["", "garbage", "gAAAAA", "ü", "A" * 200])
def test_what_no_key_opens_is_unreadable_and_says_what_to_do(sealed: str) -> None:
    with pytest.raises(TokenUnreadableError, match="TOKEN_ENCRYPTION_KEYS"):
        TokenCipher([OLD]).open("ACE", sealed)
    assert not TokenCipher([OLD]).opens("ACE", sealed)
    assert not TokenCipher([NEW]).opens("ACE", TokenCipher([OLD]).seal("ACE", TOKEN))


def test_a_digest_depends_on_every_part_and_on_the_key() -> None:
    cipher = TokenCipher([OLD])

    assert cipher.digest("a", "b") == TokenCipher([OLD]).digest("a", "b")
    assert (
        len({cipher.digest("a", "b"), cipher.digest("ab"), cipher.digest("b", "a"), cipher.digest("a", "b", "")}) == 4
    )
    assert cipher.digest("a", "b") != TokenCipher([NEW]).digest("a", "b")
    assert len(cipher.digest("a")) == 64


def test_a_digest_outlives_a_new_key_in_front() -> None:
    assert TokenCipher([NEW, OLD]).digest("a") == TokenCipher([OLD]).digest("a")


def test_makes_a_key_once_that_its_owner_alone_may_read(tmp_path: Path) -> None:
    key = kept_key(tmp_path)

    assert kept_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == [FILE_NAME]
    Fernet(key)


def test_processes_that_start_together_get_the_same_key(tmp_path: Path) -> None:
    keys: list[str] = []
    threads = [threading.Thread(target=lambda: keys.append(kept_key(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 8
    assert len(set(keys)) == 1


def test_a_damaged_key_file_is_no_key(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("not a key")

    with pytest.raises(ValueError, match="Fernet key"):
        kept_key(tmp_path)
