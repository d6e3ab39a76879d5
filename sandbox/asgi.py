"""The thin layer between ASGI messages and answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from sandbox.call import LARGEST_BODY, Answer

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers, by lower-case name."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def peer_of(scope: Scope) -> str:
    """The address the request came from; loopback for requests made inside the process."""
    client = scope.get("client")
    return str(client[0]) if client else "127.0.0.1"


async def read_body(receive: Receive) -> bytes | None:
    """The whole body, or enough of it to be refused as too large; None when the client left before its end."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        if len(body) <= LARGEST_BODY:
            body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


async def wait_for_disconnect(receive: Receive) -> None:
    """Return when the server has noticed that the connection is gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def send_answer(send: Send, answer: Answer, headers: Sequence[tuple[str, str]], date: str) -> None:
    """Write an answer with its own headers and `headers`."""
    body = answer.raw if answer.raw is not None else encode(answer.payload)
    lines = [(b"date", date.encode())]
    if answer.status != 204:
        lines += [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(body)).encode())]
    lines += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*headers, *answer.headers)]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def encode(payload: object) -> bytes:
    """JSON without spaces; nothing for None."""
    return b"" if payload is None else json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
