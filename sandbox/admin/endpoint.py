"""Serving an admin request: the peer is checked, the answer is JSON, and bad input is named field by field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from uuid import uuid4

from sandbox.call import Answer, Call, fields_of, refused
from sandbox.endpoint import Receive, Scope, Send, read_body, send_response
from sandbox.errors import RefusedError
from sandbox.faults.plan import FaultPlan
from sandbox.fields import Fields
from sandbox.game import Game


@dataclass
class AdminCall(Call):
    """A request to the sandbox itself."""

    faults: FaultPlan | None = None

    @property
    def plan(self) -> FaultPlan:
        """The faults in force."""
        if self.faults is None:
            raise RefusedError(500, "The sandbox was put together without a fault plan.")
        return self.faults

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
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
            peer=scope["client"][0] if scope.get("client") else "127.0.0.1",
            request_id=str(uuid4()),
            faults=self.faults,
        )
        await send_response(send, self._answer(call), [], self.game.clock.http_date())

    def _answer(self, call: AdminCall) -> Answer:
        try:
            if not ip_address(call.peer).is_loopback:
                raise RefusedError(403, "The /_sandbox endpoints answer loopback peers only.")
            answer = self.handler(call)
        except RefusedError as refusal:
            return refused(refusal, call.request_id)
        self.game.keep()
        return answer
