"""The player service as navigation knows it: players, their tokens, and outages."""

from dataclasses import replace

from navigation_service.application.ports import AgentToken, Credential, PlayerKey
from navigation_service.domain.errors import (
    PlayerNotFoundError,
    PlayerServiceUnavailableError,
    TokenRejectedError,
)


class FakePlayers:
    """Satisfies PlayerDirectory, without a cache: `fresh` changes nothing.

    `down` makes every call fail; `reports` lists what was reported: (player_id, token_version, game_error_code).
    """

    def __init__(self, *credentials: Credential) -> None:
        self.down = False
        self.reports: list[tuple[int, int, int]] = []
        self.reads = 0
        self._credentials = {credential.player_id: credential for credential in credentials}
        self._rejected: set[int] = set()

    def add(self, credential: Credential) -> None:
        self._credentials[credential.player_id] = credential

    def remove(self, player_id: int) -> None:
        del self._credentials[player_id]

    def replace_token(self, player_id: int, token: str, universe: str = "") -> None:
        """What ReplaceAgentToken does to the kept player."""
        kept = self._credentials[player_id]
        self._rejected.discard(player_id)
        self._credentials[player_id] = replace(
            kept, token=AgentToken(token), token_version=kept.token_version + 1, universe=universe or kept.universe
        )

    async def credential(self, player: PlayerKey, *, fresh: bool = False) -> Credential:
        self.reads += 1
        kept = self._find(player)
        if kept.player_id in self._rejected:
            metadata = {"agent_symbol": kept.agent_symbol, "game_error_code": "4104"}
            raise TokenRejectedError(f"the game refuses the token of {kept.agent_symbol}", metadata)
        return kept

    async def report_rejected(self, credential: Credential, game_error_code: int) -> None:
        kept = self._find(PlayerKey(player_id=credential.player_id))
        self.reports.append((credential.player_id, credential.token_version, game_error_code))
        if kept.token_version == credential.token_version:
            self._rejected.add(credential.player_id)

    def _find(self, player: PlayerKey) -> Credential:
        if bool(player.player_id) == bool(player.agent_symbol):
            raise AssertionError("exactly one of player_id and agent_symbol names a player")
        if self.down:
            raise PlayerServiceUnavailableError("the player service does not answer; try again", retry_after=1.0)
        for credential in self._credentials.values():
            if credential.player_id == player.player_id or credential.agent_symbol == player.agent_symbol:
                return credential
        raise PlayerNotFoundError(f"there is no player {player.player_id or player.agent_symbol}")
