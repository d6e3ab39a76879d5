"""What can go wrong with a player, in words that callers are meant to see.

NotFound             PlayerNotFoundError
AlreadyExists        DuplicateAgentSymbolError   registered here, or taken at the game
PreconditionFailed   AgentSymbolMismatchError    the token belongs to another agent
                     TokenRejectedError          the game refuses the token
                     UniverseResetError          the token is of an earlier universe
                     EnlistOutcomeUnknownError   the game may have made the agent; its token is lost
Unavailable          GameUnavailableError
                     TokenUnreadableError        the kept token does not open under the present keys
"""

from shared_kernel.errors import AlreadyExists, NotFound, PreconditionFailed, Unavailable

TOKEN_OF_EARLIER_RESET = 4113
AGENT_SYMBOL_TAKEN = 4111


class PlayerNotFoundError(NotFound):
    reason = "PLAYER_NOT_FOUND"

    @classmethod
    def by_id(cls, player_id: int) -> "PlayerNotFoundError":
        return cls(
            f"there is no player with player_id {player_id}; ListPlayers names those there are",
            {"player_id": str(player_id)},
        )

    @classmethod
    def by_symbol(cls, agent_symbol: str) -> "PlayerNotFoundError":
        message = f"no player is registered for agent_symbol {agent_symbol}; register it with RegisterPlayer"
        return cls(message, {"agent_symbol": agent_symbol})


class DuplicateAgentSymbolError(AlreadyExists):
    reason = "DUPLICATE_AGENT_SYMBOL"

    @classmethod
    def registered(cls, agent_symbol: str) -> "DuplicateAgentSymbolError":
        message = f"agent_symbol {agent_symbol} is registered already; ReplaceAgentToken gives the player a new token"
        return cls(message, {"agent_symbol": agent_symbol})

    @classmethod
    def taken_at_the_game(cls, agent_symbol: str) -> "DuplicateAgentSymbolError":
        message = (
            f"agent_symbol {agent_symbol} is taken at the game; choose another one, "
            "or give the agent's token in place of new_agent if it is yours"
        )
        return cls(message, {"agent_symbol": agent_symbol, "game_error_code": str(AGENT_SYMBOL_TAKEN)})


class AgentSymbolMismatchError(PreconditionFailed):
    reason = "AGENT_SYMBOL_MISMATCH"

    def __init__(self, agent_symbol: str, token_agent_symbol: str) -> None:
        super().__init__(
            f"the token belongs to agent {token_agent_symbol}, not to {agent_symbol}; give the token of {agent_symbol}",
            {"agent_symbol": agent_symbol, "token_agent_symbol": token_agent_symbol},
        )


class TokenRejectedError(PreconditionFailed):
    reason = "TOKEN_REJECTED"


class UniverseResetError(PreconditionFailed):
    reason = "UNIVERSE_RESET"


class EnlistOutcomeUnknownError(PreconditionFailed):
    """Not worth a blind retry, hence no kind that says so: the game shows a new agent's token once."""

    reason = "ENLIST_OUTCOME_UNKNOWN"

    def __init__(self, agent_symbol: str, cause: str) -> None:
        super().__init__(
            f"{cause}: the call sign may now be taken; fetch its token from the game's site and register with it",
            {"agent_symbol": agent_symbol},
        )


class GameUnavailableError(Unavailable):
    reason = "GAME_UNAVAILABLE"


class TokenUnreadableError(Unavailable):
    """An operator's fault that passes when the keys are put right, so that nobody gives up on the player for good."""

    reason = "PLAYER_SERVICE_UNAVAILABLE"

    def __init__(self, agent_symbol: str) -> None:
        super().__init__(
            f"the token kept for {agent_symbol} does not open under the present TOKEN_ENCRYPTION_KEYS; "
            "restore the key that sealed it, or replace the token with ReplaceAgentToken",
            {"agent_symbol": agent_symbol},
            retry_after=30.0,
        )


def refused_token(game_error_code: int, agent_symbol: str = "") -> PreconditionFailed:
    """The error for an agent token that the game refuses with this code, 0 if it gave none."""
    token, way, metadata = "the token", "", {"game_error_code": str(game_error_code)}
    if agent_symbol:
        token, way, metadata["agent_symbol"] = f"the token of {agent_symbol}", " by ReplaceAgentToken", agent_symbol
    if game_error_code == TOKEN_OF_EARLIER_RESET:
        remedy = f"enlist the agent again and give its new token{way}"
        return UniverseResetError(f"{token} is of a universe before the last reset; {remedy}", metadata)
    remedy = f"give the agent token that the game's site shows{way}"
    return TokenRejectedError(f"the game refuses {token} (code {game_error_code}); {remedy}", metadata)
