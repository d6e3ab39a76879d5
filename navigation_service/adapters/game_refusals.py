"""What the game's refusals mean. The code decides, not the HTTP status, which varies."""

import re
from collections.abc import Mapping
from typing import Any

from navigation_service.adapters.game_http import Answer
from navigation_service.adapters.game_reading import as_object, as_whole
from navigation_service.application.ports import AgentToken, Credential
from navigation_service.domain.errors import (
    GameBudgetExhaustedError,
    GameUnavailableError,
    TokenRejectedError,
    UniverseResetError,
)
from navigation_service.domain.outcome import NOT_FOUND, UNIVERSE_RESET, Refused
from shared_kernel.errors import DomainError, RetryableError

_USUAL_RETRY_AFTER = 1.0
_LONGEST_PAUSE = 60.0
_MAX_QUOTE = 200
_TOO_MANY_REQUESTS = 429
_IN_MAINTENANCE = 503
_MOST_CODES = 10_000


class PageBrokenError(GameUnavailableError):
    """The game answers, but with an error of its own or nothing readable; another page may do."""


def unavailable(cause: str) -> GameUnavailableError:
    return GameUnavailableError(f"the game {cause}; try again", retry_after=_USUAL_RETRY_AFTER)


def is_rate_limit(answer: Answer) -> bool:
    return answer.status == _TOO_MANY_REQUESTS


def pause_asked_for(answer: Answer) -> float:
    """Seconds to wait after a 429. The edge in front of the game sends some that do not say."""
    if answer.retry_after is not None:
        return answer.retry_after
    told = as_object(as_object(as_object(answer.body).get("error")).get("data")).get("retryAfter")
    return float(told) if isinstance(told, int | float) and 0 <= told <= _LONGEST_PAUSE else _USUAL_RETRY_AFTER


def trouble_in(answer: Answer) -> RetryableError | None:
    """The error that an answer stands for if it is about the game's own state, and not about what was asked."""
    if is_rate_limit(answer):
        return GameBudgetExhaustedError(
            "the game has had too many requests from here; try again", retry_after=pause_asked_for(answer)
        )
    if answer.status < 500 and isinstance(answer.body, dict):
        return None
    kind = GameUnavailableError if answer.status == _IN_MAINTENANCE else PageBrokenError
    message = f"the game answers with HTTP {answer.status} and not with what was asked; try again"
    return kind(message, retry_after=_USUAL_RETRY_AFTER)


def code_of(answer: Answer) -> int:
    """The game's own error code, of which there are some hundreds; the HTTP status where it tells none."""
    code = as_whole(as_object(as_object(answer.body).get("error")).get("code"))
    return code if code is not None and 0 < code < _MOST_CODES else answer.status


def refusal_in(answer: Answer, token: AgentToken) -> Refused | None:
    """What the game said no with; None if it did not say no in its own words."""
    error = as_object(as_object(answer.body).get("error"))
    code = as_whole(error.get("code"))
    if code is None or not 300 <= answer.status < 500 or is_rate_limit(answer):
        return None
    message = _quoted(error.get("message"), token) or "it gives no reason"
    return Refused(code, message, answer.status, _figures(error.get("data"), token))


def read_error(answer: Answer, credential: Credential, not_found: DomainError) -> DomainError:
    """Why a read brought no data. `not_found` is what a 404 of the game means here."""
    refusal = refusal_in(answer, credential.token)
    if refusal is None:
        return unavailable(f"answers with HTTP {answer.status} and nothing that can be read; is GAME_API_URL right?")
    metadata = {"agent_symbol": credential.agent_symbol, "game_error_code": str(refusal.code)}
    if refusal.code == UNIVERSE_RESET:
        return UniverseResetError(f"the game's universe was reset since {credential.agent_symbol} enlisted", metadata)
    if refusal.rejects_token:
        return TokenRejectedError(f"the game refuses the token of {credential.agent_symbol}", metadata)
    if refusal.code == NOT_FOUND or refusal.status == NOT_FOUND:
        return not_found
    return unavailable(f"does not answer what was asked ({refusal.code}: {refusal.message})")


def _figures(data: Any, token: AgentToken) -> dict[str, str]:
    """The plain values beside an error, under names like ours: fuelRequired becomes fuel_required."""
    values: Mapping[str, Any] = as_object(data)
    plain = {key: value for key, value in values.items() if isinstance(value, str | int | float)}
    return {_snake_case(_quoted(key, token)): _quoted(str(value), token) for key, value in list(plain.items())[:20]}


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _quoted(text: Any, token: AgentToken) -> str:
    """Fit to be shown: short, in one line, and without the secret that it might echo."""
    line = " ".join(str(text or "").replace(token.reveal(), "***").split())[:_MAX_QUOTE]
    return "".join(c for c in line if c.isprintable())
