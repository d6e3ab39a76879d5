"""A request's key tells it from every other request, and the same request from itself never."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from shared_kernel.idempotency import RequestKey


class _Secret:
    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "****"

    def reveal(self) -> str:
        return self._value


@dataclass(frozen=True)
class _Credential:
    token: _Secret


@dataclass(frozen=True)
class _Request:
    ship_symbol: str = "SHIP-1"
    stops: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    credential: _Credential | None = None
    request_id: str = "key-1"


def _hash(request: _Request) -> str:
    key = RequestKey.of("PLAYER", request)
    assert key is not None
    return key.body_hash


def test_without_a_request_id_there_is_no_key() -> None:
    assert RequestKey.of("PLAYER", _Request(request_id="")) is None


def test_a_key_names_scope_method_and_request_id() -> None:
    key = RequestKey.of("PLAYER", _Request())

    assert key is not None
    assert (key.scope, key.method, key.request_id) == ("PLAYER", "_Request", "key-1")


def test_the_same_body_under_another_id_has_the_same_hash() -> None:
    assert _hash(_Request()) == _hash(_Request(request_id="key-2"))


def test_any_other_field_makes_another_hash() -> None:
    assert _hash(_Request()) != _hash(_Request(ship_symbol="SHIP-2"))


def test_the_order_of_a_mapping_does_not_matter_at_any_depth() -> None:
    one = _Request(metadata={"a": 1.0, "b": {"x": 1.0, "y": [{"p": 1.0, "q": 2.0}]}})
    other = _Request(metadata={"b": {"y": [{"q": 2.0, "p": 1.0}], "x": 1.0}, "a": 1.0})

    assert _hash(one) == _hash(other)


def test_the_order_of_a_list_does_matter() -> None:
    assert _hash(_Request(stops=("A", "B"))) != _hash(_Request(stops=("B", "A")))


def test_neighbouring_fields_do_not_run_together() -> None:
    assert _hash(_Request(stops=("A, B",))) != _hash(_Request(stops=("A", "B")))


def test_another_secret_is_another_body_though_it_prints_the_same() -> None:
    one, other = (replace(_Request(), credential=_Credential(_Secret(value))) for value in ("one", "other"))

    assert repr(one) == repr(other)
    assert _hash(one) != _hash(other)
