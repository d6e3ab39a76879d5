"""The life of a game request: limits, faults, token, ship, handler, log, answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any
from uuid import uuid4

from sandbox.call import LARGEST_BODY, Answer, Call, refused
from sandbox.errors import RefusedError, not_found
from sandbox.faults.plan import FaultPlan
from sandbox.game import Game
from sandbox.log import LogEntry
from sandbox.tokens import Caller

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Handler = Callable[[Call], Answer]
HangUp = Callable[[Scope], None]


class Access(Enum):
    """Which token a route wants. OPTIONAL ones are checked when sent; OPEN routes never look."""

    OPEN = auto()
    OPTIONAL = auto()
    AGENT = auto()
    ACCOUNT = auto()


@dataclass(frozen=True)
class GameRoute:
    """One call of the game's API. `action` is its name in the log and in fault filters."""

    method: str
    path: str
    action: str
    handler: Handler
    access: Access = Access.AGENT


@dataclass(frozen=True)
class GameEndpoint:
    """The ASGI application behind one route."""

    game: Game
    faults: FaultPlan
    route: GameRoute
    hang_up: HangUp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = await read_body(receive)
        if body is None:
            return
        call = self._call(scope, body)
        answer = self._limited(call) or await self._with_faults(call)
        if answer.dropped:
            self.hang_up(scope)
            await wait_for_disconnect(receive)
            return
        await send_answer(send, answer, call)

    def _call(self, scope: Scope, body: bytes) -> Call:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        client = scope.get("client")
        return Call(
            game=self.game,
            action=self.route.action,
            path=scope["path_params"],
            query_string=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            peer=client[0] if client else "in-process",
            request_id=headers.get("x-request-id", "")[:200] or str(uuid4()),
        )

    def _limited(self, call: Call) -> Answer | None:
        """The 429, when the caller's pools are empty; else the rate headers are noted for the answer."""
        if not self.game.config.rate_limit:
            return None
        caller = self.game.tokens.identify(call.authorization)
        key, kind = _limit_key(caller, call.peer)
        permit = self.game.limiter.admit(key, kind)
        call.rate_headers = permit.headers()
        if not permit.wait:
            return None
        refusal = RefusedError(
            429, "You have reached your API limit. Try again after the given time.", permit.error_data()
        )
        answer = refused(refusal, call.request_id)
        call.agent = self.game.universe.agents.get(caller.agent or "")
        self.record(call, answer)
        return answer

    async def _with_faults(self, call: Call) -> Answer:
        drawn = self.faults.draw(call)
        call.fault = ",".join(fault.name for fault in drawn) or None
        for fault in drawn:
            early = await fault.before(call)
            if early is not None:
                call.agent = self.game.universe.agents.get(self.game.tokens.identify(call.authorization).agent or "")
                self.record(call, early)
                return early
        answer = self._handle(call)
        for fault in drawn:
            answer = await fault.after(call, answer)
        return answer

    def _handle(self, call: Call) -> Answer:
        """Answer without waiting: whatever changes is logged and kept before anyone else is served."""
        try:
            self._authorize(call)
            if "ship" in call.path:
                self._find_ship(call)
            answer = self.route.handler(call)
        except RefusedError as refusal:
            answer = refused(refusal, call.request_id)
        self.record(call, answer)
        return answer

    def _authorize(self, call: Call) -> None:
        access = self.route.access
        if access is Access.OPEN:
            return
        caller = self.game.tokens.identify(call.authorization)
        if caller.refusal is not None:
            raise caller.refusal
        if access is Access.ACCOUNT:
            _require_account(caller)
        elif caller.agent is not None:
            call.agent = self.game.universe.agents[caller.agent]
        elif access is Access.AGENT:
            _require_agent(caller)

    def _find_ship(self, call: Call) -> None:
        """Ships of others are as unknown as ships that never were."""
        symbol = call.path["ship"].upper()
        ship = self.game.universe.ships.get(symbol)
        if ship is None or ship.agent != call.own_agent.symbol:
            raise not_found(f"Ship {symbol}")
        call.ship, call.fuel_before = ship, ship.fuel

    def record(self, call: Call, answer: Answer) -> None:
        """Log the request, and keep what it changed."""
        game, ship = self.game, call.ship
        entry = LogEntry(
            number=game.log.last_number + 1,
            time=game.clock.stamp(game.clock.now()),
            agent=call.agent.symbol if call.agent else None,
            ship=ship.symbol if ship else call.path.get("ship"),
            action=call.action,
            destination=call.destination,
            result=answer.result,
            code=answer.code,
            fuel_before=call.fuel_before,
            fuel_after=ship.fuel if ship else None,
            credits=call.agent.credits if call.agent else None,
            request_id=call.request_id,
            status=answer.status,
            fault=call.fault,
        )
        game.keep(entry)


def _limit_key(caller: Caller, peer: str) -> tuple[str, str]:
    if caller.agent is not None:
        return f"agent {caller.agent}", "Account"
    return ("account", "Account") if caller.account else (f"peer {peer}", "IP Address")


def _require_agent(caller: Caller) -> None:
    if caller.account:
        raise RefusedError(4114, "This is an account token; an agent token is needed here.")
    raise RefusedError(4103, "The request has no bearer token. Send `Authorization: Bearer <agent token>`.", {})


def _require_account(caller: Caller) -> None:
    if caller.agent is not None:
        raise RefusedError(4114, "This is an agent token; an account token is needed to register.")
    if not caller.account:
        raise RefusedError(
            4116, "Registering needs an account token. Send `Authorization: Bearer <account token>`.", {}
        )


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


async def send_answer(send: Send, answer: Answer, call: Call) -> None:
    """Write the answer with its headers."""
    headers = [*call.rate_headers, *answer.headers, ("x-request-id", call.request_id)]
    await send_response(send, answer, headers, call.game.clock.http_date())


async def send_response(send: Send, answer: Answer, headers: list[tuple[str, str]], date: str) -> None:
    """Write any answer."""
    body = answer.raw if answer.raw is not None else encode(answer.payload)
    lines = [(b"date", date.encode())]
    if answer.status != 204:
        lines += [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(body)).encode())]
    lines += [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


def encode(payload: object) -> bytes:
    """JSON without spaces; nothing for None."""
    return b"" if payload is None else json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()
