"""Calls to the game under the request budget: reads, which may be repeated, and actions, which may not."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from navigation_service.adapters.game_attempt import AnswerLostError, NotSentError
from navigation_service.adapters.game_http import Answer, GameHttp
from navigation_service.adapters.game_refusals import (
    code_of,
    is_rate_limit,
    pause_asked_for,
    read_error,
    trouble_in,
    unavailable,
)
from navigation_service.application.ports import Credential, Permit, RequestBudget, Urgency
from navigation_service.domain.errors import GameBudgetExhaustedError
from service_chassis.call_context import remaining_seconds
from shared_kernel.errors import DomainError, RetryableError

ATTEMPTS = 3

SeenRequest = Callable[[str, str], None]
"""Of a request that was sent: the agent, and the game's error code, the HTTP status, or `lost`."""


def _pass_over(_agent_symbol: str, _code: str) -> None:
    """Nobody counts."""


class GameCalls:
    """`chance` gives a number between two bounds; `back_off_seconds` is the pause before a second try, about."""

    def __init__(
        self,
        http: GameHttp,
        budget: RequestBudget,
        chance: Callable[[float, float], float],
        back_off_seconds: float,
        seen: SeenRequest | None = None,
    ) -> None:
        self._http = http
        self._budget = budget
        self._chance = chance
        self._back_off_seconds = back_off_seconds
        self._seen = seen or _pass_over

    async def send(
        self,
        credential: Credential,
        permit: Permit,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        send_by: float | None = None,
    ) -> Answer:
        """Once. The permit is given back if nothing was sent. Raises NotSentError, AnswerLostError."""
        token = credential.token.reveal()
        try:
            answer = await self._http.call(
                method, path, token=token, body=body, send_by=send_by, seconds=remaining_seconds()
            )
        except NotSentError:
            permit.give_back()
            raise
        except BaseException:
            permit.spend(credential.agent_symbol)
            self._seen(credential.agent_symbol, "lost")
            raise
        permit.spend(credential.agent_symbol)
        self._seen(credential.agent_symbol, str(code_of(answer)))
        if is_rate_limit(answer):
            await self._budget.pause(pause_asked_for(answer))
        return answer

    async def read(
        self,
        credential: Credential,
        path: str,
        urgency: Urgency,
        not_found: DomainError,
        *,
        permit: Permit | None = None,
        attempts: int = ATTEMPTS,
    ) -> Answer:
        """A success. Raises what GameGateway's reads raise; `not_found` where the game does not know what is asked."""
        attempt = 0
        while True:
            attempt += 1
            permit = permit or await self._budget.acquire(urgency, credential.agent_symbol)
            outcome = await self._read_once(credential, path, permit)
            permit = None
            if isinstance(outcome, Answer):
                if 200 <= outcome.status < 300:
                    return outcome
                raise read_error(outcome, credential, not_found)
            if attempt >= attempts:
                raise outcome
            if not isinstance(outcome, GameBudgetExhaustedError):
                # After a 429 the budget itself makes everybody wait.
                await asyncio.sleep(self._chance(0.5, 1.0) * self._back_off_seconds * 2 ** (attempt - 1))

    async def _read_once(self, credential: Credential, path: str, permit: Permit) -> Answer | RetryableError:
        try:
            answer = await self.send(credential, permit, "GET", path)
        except NotSentError as error:
            return unavailable(f"cannot be reached ({error})")
        except AnswerLostError as error:
            return unavailable(f"does not answer ({error})")
        return trouble_in(answer) or answer
