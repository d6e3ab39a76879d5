"""Serving an admin request: the peer is checked, the answer is JSON, and bad input is named field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import uuid4

from sandbox.asgi import Receive, Scope, Send, headers_of, peer_of, read_body, send_answer
from sandbox.call import Answer, Call, fields_of, refused
from sandbox.errors import RefusedError
from sandbox.faults.plan import FaultPlan
from sandbox.fields import Fields
from sandbox.game import Game


@dataclass(kw_only=True, slots=True)
class AdminCall(Call):
    """A request to the sandbox itself."""

    faults: FaultPlan

    def fields(self) -> Fields:
        """The JSON body's fields, under whatever content type: admin calls are often typed by hand."""
        return fields_of(self.body)


AdminHandler = Callable[[AdminCall], Answer]


@dataclass(frozen=True)
class AdminEndpoint:
    """The ASGI application behind one admin route."""

    game: Game
    faults: FaultPlan
    handler: AdminHandler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        body = await read_body(receive)
        if body is None:
            return
        call = AdminCall(
            game=self.game,
            action="admin",
            path=scope["path_params"],
            query_string=scope["query_string"].decode("latin-1"),
            headers=headers_of(scope),
            body=body,
            peer=peer_of(scope),
            request_id=str(uuid4()),
            faults=self.faults,
        )
        await send_answer(send, self._answer(call), [], self.game.clock.http_date())

    def _answer(self, call: AdminCall) -> Answer:
        try:
            if not ip_address(call.peer).is_loopback:
                raise RefusedError(403, "The /_sandbox endpoints answer loopback peers only.")
            answer = self.handler(call)
        except RefusedError as refusal:
            return refused(refusal, call.request_id)
        self.game.keep()
        return answer
