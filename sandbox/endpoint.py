"""The life of a game request: limits, faults, token, ship, handler, log, answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from uuid import uuid4

from sandbox.asgi import Receive, Scope, Send, headers_of, peer_of, read_body, send_answer, wait_for_disconnect
from sandbox.call import Answer, Call, refused
from sandbox.errors import RefusedError, not_found
from sandbox.faults.plan import FaultPlan
from sandbox.game import Game
from sandbox.log import LogEntry
from sandbox.tokens import Caller

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
        headers = [*call.rate_headers, ("x-request-id", call.request_id)]
        await send_answer(send, answer, headers, self.game.clock.http_date())

    def _call(self, scope: Scope, body: bytes) -> Call:
        headers = headers_of(scope)
        return Call(
            game=self.game,
            action=self.route.action,
            path=scope["path_params"],
            query_string=scope["query_string"].decode("latin-1"),
            headers=headers,
            body=body,
            peer=peer_of(scope),
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
        message = "You have reached your API limit. Try again after the given time."
        return self._cut_short(call, refused(RefusedError(429, message, permit.error_data()), call.request_id))

    async def _with_faults(self, call: Call) -> Answer:
        drawn = self.faults.draw(call)
        call.fault = ",".join(fault.name for fault in drawn) or None
        for fault in drawn:
            early = await fault.before(call)
            if early is not None:
                return self._cut_short(call, early)
        answer = self._handle(call)
        for fault in drawn:
            answer = await fault.after(call, answer)
        return answer

    def _cut_short(self, call: Call, answer: Answer) -> Answer:
        """Log a request that its handler never sees."""
        caller = self.game.tokens.identify(call.authorization)
        call.agent = self.game.universe.agents.get(caller.agent or "")
        self._record(call, answer)
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
        self._record(call, answer)
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

    def _record(self, call: Call, answer: Answer) -> None:
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
