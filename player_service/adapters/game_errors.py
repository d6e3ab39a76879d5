"""What the game's refusals mean for a player. The code decides, not the HTTP status, which varies."""

from collections.abc import Iterator

from player_service.adapters.game_http import Answer
from player_service.domain.errors import (
    AGENT_SYMBOL_TAKEN,
    TOKEN_OF_EARLIER_RESET,
    DuplicateAgentSymbolError,
    GameUnavailableError,
    TokenRejectedError,
    refused_token,
)
from player_service.domain.secret import Secret
from shared_kernel.errors import DomainError, FieldViolation, InvalidInput

_TOKEN_REFUSED = frozenset({*range(4100, 4110), TOKEN_OF_EARLIER_RESET, 4114, 4115, 4116})
_AGENT_SYMBOL_RESERVED = 4110
_NO_STARTING_LOCATIONS = 4112
_VALIDATION = 422
_FIELDS = {"symbol": "agent_symbol", "faction": "new_agent.faction"}
_MAX_QUOTE = 200
_USUAL_RETRY_AFTER = 5.0


class GameBusyError(GameUnavailableError):
    """Too many requests; `retry_after` is what the game asks for."""


def unavailable(cause: str) -> GameUnavailableError:
    return GameUnavailableError(f"the game {cause}; try again", retry_after=_USUAL_RETRY_AFTER)


def refuse_outage(answer: Answer) -> None:
    """Raises GameUnavailableError if the answer is about the game's own state and not about the request."""
    if answer.status == 429:
        retry_after = _USUAL_RETRY_AFTER if answer.retry_after is None else answer.retry_after
        raise GameBusyError("the game has had too many requests from here; try again", retry_after=retry_after)
    if answer.status >= 500:
        raise unavailable(f"answers with HTTP {answer.status}")


def agent_token_refusal(answer: Answer, token: Secret) -> DomainError:
    """Why the game did not say whose token this is."""
    if answer.code in _TOKEN_REFUSED or answer.status == 401:
        return refused_token(answer.code)
    if answer.code == _VALIDATION:
        return InvalidInput.of("token", f"the game refuses it: {_quoted(answer, token)}")
    return unavailable(f"does not tell whose token this is (HTTP {answer.status}); is GAME_API_URL right?")


def enlist_refusal(answer: Answer, agent_symbol: str, account_token: Secret) -> DomainError:
    """Why the game, which has given a code, did not make a new agent."""
    quoted = _quoted(answer, account_token)
    if answer.code in _TOKEN_REFUSED:
        return TokenRejectedError(
            f"the game refuses new_agent.account_token (code {answer.code}); give the one that its site shows",
            {"agent_symbol": agent_symbol, "game_error_code": str(answer.code)},
        )
    if answer.code == AGENT_SYMBOL_TAKEN:
        return DuplicateAgentSymbolError.taken_at_the_game(agent_symbol)
    if answer.code == _AGENT_SYMBOL_RESERVED:
        return InvalidInput.of("agent_symbol", "is reserved at the game; choose another one")
    if answer.code == _NO_STARTING_LOCATIONS:
        return InvalidInput.of("new_agent.faction", "takes no new agents now; choose another faction")
    if answer.code == _VALIDATION and (violations := list(_violations(answer, account_token))):
        return InvalidInput(violations)
    return InvalidInput.of("new_agent", f"the game refuses it: {quoted}")


def _violations(answer: Answer, secret: Secret) -> Iterator[FieldViolation]:
    data = answer.error.get("data")
    for name, messages in data.items() if isinstance(data, dict) else ():
        text = "; ".join(str(message) for message in messages) if isinstance(messages, list) else str(messages)
        yield FieldViolation(_FIELDS.get(name, "new_agent"), f"the game refuses it: {_without(secret, text)}")


def _quoted(answer: Answer, secret: Secret) -> str:
    return f"{_without(secret, str(answer.error.get('message', '')))} (code {answer.code})"


def _without(secret: Secret, text: str) -> str:
    """The text, fit to be shown: short, in one line, and without the secret that it might echo."""
    return " ".join(text.replace(secret.reveal(), "***").split())[:_MAX_QUOTE]
