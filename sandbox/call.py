"""One game request and its answer, as handlers see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar
from urllib.parse import parse_qsl

from sandbox.errors import RefusedError, invalid, not_found
from sandbox.fields import Fields
from sandbox.game import Game
from sandbox.log import APPLIED, NO_OP, READ, REFUSED
from sandbox.render import Json
from sandbox.universe import Agent, Ship

T = TypeVar("T")
LARGEST_BODY: Final = 1_000_000
LARGEST_PAGE: Final = 20
DEFAULT_PAGE: Final = 10
DROPPED: Final = 0


@dataclass(slots=True)
class Answer:
    """What goes back: a JSON payload, or `raw` bytes of another type; and what the log says of it.

    With the status DROPPED nothing goes back: the connection is cut.
    """

    payload: object = None
    status: int = 200
    result: str = READ
    code: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"

    @property
    def dropped(self) -> bool:
        """Whether the connection is cut instead."""
        return self.status == DROPPED


@dataclass(slots=True)
class Call:
    """A request. `agent` and `ship` are set before the handler runs, where its route calls for them."""

    game: Game
    action: str
    path: Mapping[str, str]
    query_string: str
    headers: Mapping[str, str]
    body: bytes
    peer: str
    request_id: str
    agent: Agent | None = None
    ship: Ship | None = None
    destination: str | None = None
    fault: str | None = None
    fuel_before: int | None = None
    rate_headers: list[tuple[str, str]] = field(default_factory=list)
    _query: dict[str, list[str]] | None = field(default=None)

    @property
    def now(self) -> int:
        """The game's time, milliseconds since 1970 UTC."""
        return self.game.clock.now()

    @property
    def authorization(self) -> str | None:
        """The header of that name."""
        return self.headers.get("authorization")

    @property
    def own_agent(self) -> Agent:
        """The calling agent, on routes that need one."""
        if self.agent is None:
            raise RefusedError(4103, "The request has no bearer token.", {})
        return self.agent

    @property
    def own_ship(self) -> Ship:
        """The named ship, on routes that name one."""
        if self.ship is None:
            raise not_found("Ship")
        return self.ship

    def query(self, name: str) -> list[str]:
        """All values of a query parameter, also in its `name[]` spelling."""
        if self._query is None:
            self._query = {}
            for key, value in parse_qsl(self.query_string, keep_blank_values=True):
                self._query.setdefault(key.removesuffix("[]"), []).append(value)
        return self._query.get(name, [])

    def fields(self) -> Fields:
        """The JSON body's fields.

        Raises:
            RefusedError: 5000 for another content type, 422 for what is not a JSON object.
        """
        if self.body.strip() and "json" not in self.headers.get("content-type", ""):
            raise RefusedError(5000, "Send the body as JSON, with the header `Content-Type: application/json`.")
        return fields_of(self.body)


def fields_of(body: bytes) -> Fields:
    """The fields of a JSON object; none for an empty body."""
    if not body.strip():
        return Fields({})
    if len(body) > LARGEST_BODY:
        raise invalid({"body": [f"The body is larger than {LARGEST_BODY} bytes."]})
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        raise invalid({"body": ["The body is not valid JSON."]}) from None
    if not isinstance(values, dict):
        raise invalid({"body": ["The body must be a JSON object."]})
    return Fields(values)


def read(data: object) -> Answer:
    """An answer that changed nothing."""
    return Answer({"data": data})


def applied(data: object, status: int = 200) -> Answer:
    """An answer to a change."""
    return Answer({"data": data}, status, APPLIED)


def no_op(data: object) -> Answer:
    """An answer to a change that was none."""
    return Answer({"data": data}, result=NO_OP)


def refused(refusal: RefusedError, request_id: str, headers: Sequence[tuple[str, str]] = ()) -> Answer:
    """The error envelope."""
    error: Json = {"code": refusal.code, "message": refusal.message}
    if refusal.data is not None:
        error["data"] = refusal.data
    error["requestId"] = request_id
    return Answer({"error": error}, refusal.status, REFUSED, refusal.code, tuple(headers))


def page_of(call: Call, items: Sequence[T], render: Callable[[T], object]) -> Answer:
    """The page a list request asks for: `page` from 1, `limit` 1 to 20; empty past the end."""
    violations: dict[str, list[str]] = {}
    page = _number(call, "page", 1, None, violations)
    limit = _number(call, "limit", DEFAULT_PAGE, LARGEST_PAGE, violations)
    if violations:
        raise invalid(violations)
    shown = items[(page - 1) * limit : page * limit]
    meta = {"total": len(items), "page": page, "limit": limit}
    return Answer({"data": [render(item) for item in shown], "meta": meta})


def _number(call: Call, name: str, default: int, most: int | None, violations: dict[str, list[str]]) -> int:
    values = call.query(name)
    if not values:
        return default
    text = values[-1]
    if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= (most or int(text)):
        return int(text)
    bounds = f"from 1 to {most}" if most else "of at least 1"
    violations[name] = [f"{name} must be a whole number {bounds}."]
    return default
