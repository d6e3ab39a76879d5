"""Rules for fields that several requests share."""

from shared_kernel.validation import Violations

MAX_ID = 2**63 - 1


def canonical_symbol(text: str) -> str:
    """Upper case, as the game stores symbols: it upper-cases what it is given, and so do we."""
    return text.upper() if text.isascii() else text


def check_player_id(violations: Violations, player_id: int) -> None:
    if not 1 <= player_id <= MAX_ID:
        violations.add("player_id", "is required: the id of a player, 1 or more, as ListPlayers shows it")


def check_key(violations: Violations, player_id: int, agent_symbol: str) -> None:
    """Either a player_id or an agent_symbol."""
    if not player_id and not agent_symbol:
        violations.add("player_id", "give either player_id or agent_symbol")
        violations.add("agent_symbol", "give either player_id or agent_symbol")
    elif agent_symbol:
        violations.agent_symbol("agent_symbol", canonical_symbol(agent_symbol))
    else:
        check_player_id(violations, player_id)
