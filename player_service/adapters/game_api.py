"""The game's HTTP API, as far as players need it: GET /, GET /my/agent and POST /register."""

from urllib.parse import urlsplit

import stamina

from player_service.adapters.game_errors import (
    GameBusyError,
    agent_token_refusal,
    enlist_refusal,
    refuse_outage,
    unavailable,
)
from player_service.adapters.game_http import Answer, AnswerLostError, GameHttp, NotSentError
from player_service.domain.errors import EnlistOutcomeUnknownError, GameUnavailableError
from player_service.domain.secret import AccountToken, AgentToken, is_secret
from shared_kernel.symbols import AgentSymbol

_ATTEMPTS = 3
_LONGEST_WAIT = 2.0


class HttpGameGateway:
    """Satisfies GameGateway over HTTP. Reads are repeated a few times, an enlistment never."""

    def __init__(self, base_url: str, timeout_seconds: float) -> None:
        self._host = urlsplit(base_url).netloc.lower()
        self._http = GameHttp(base_url, timeout_seconds)
        self._timeout_seconds = timeout_seconds

    async def current_universe(self) -> str:
        body = (await self._read("/")).body
        reset_date = body.get("resetDate") if isinstance(body, dict) else None
        return f"{self._host}/{reset_date if isinstance(reset_date, str) and reset_date else 'unknown'}"

    async def agent_of(self, token: AgentToken) -> str:
        answer = await self._read("/my/agent", token.reveal())
        symbol = answer.data.get("symbol")
        if not answer.ok or not isinstance(symbol, str):
            raise agent_token_refusal(answer, token)
        return symbol.upper()

    async def enlist(self, agent_symbol: AgentSymbol, faction: str, account_token: AccountToken) -> AgentToken:
        body = {"symbol": str(agent_symbol), "faction": faction}
        try:
            answer = await self._http.call("POST", "/register", token=account_token.reveal(), body=body)
        except NotSentError as error:
            raise unavailable(f"cannot be reached ({error})") from error
        except AnswerLostError as error:
            raise EnlistOutcomeUnknownError(agent_symbol, "the game's answer was lost") from error
        if answer.status == 429:
            refuse_outage(answer)
        token = answer.data.get("token")
        if answer.ok and isinstance(token, str) and is_secret(token):
            return AgentToken(token)
        if answer.status < 500 and answer.code:
            raise enlist_refusal(answer, agent_symbol, account_token)
        raise EnlistOutcomeUnknownError(agent_symbol, f"the game's answer (HTTP {answer.status}) cannot be read")

    async def close(self) -> None:
        await self._http.close()

    async def _read(self, path: str, token: str = "") -> Answer:
        # A game that hangs has had its chance: callers shall hear of it before their own patience ends.
        async for attempt in stamina.retry_context(
            on=_pause_before_next,
            attempts=_ATTEMPTS,
            timeout=self._timeout_seconds,
            wait_initial=0.1,
            wait_jitter=0.2,
        ):
            with attempt:
                return await self._read_once(path, token)
        raise AssertionError("retries end with an answer or an error")

    async def _read_once(self, path: str, token: str) -> Answer:
        try:
            answer = await self._http.call("GET", path, token=token)
        except (NotSentError, AnswerLostError) as error:
            raise unavailable(f"does not answer ({error})") from error
        refuse_outage(answer)
        return answer


def _pause_before_next(error: Exception) -> bool | float:
    """Whether to try again, or after how many seconds; a caller may have the patience that we have not."""
    if isinstance(error, GameBusyError):
        return error.retry_after if error.retry_after <= _LONGEST_WAIT else False
    return isinstance(error, GameUnavailableError)
