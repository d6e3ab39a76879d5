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

    def kept(self, player_id: int = 0, agent_symbol: str = "") -> Credential:
        """Raises PlayerNotFoundError, TokenRejectedError."""
        if bool(player_id) == bool(agent_symbol):
            raise AssertionError("exactly one of player_id and agent_symbol names a player")
        for credential in self._credentials.values():
            if credential.player_id == player_id or credential.agent_symbol == agent_symbol:
                break
        else:
            raise PlayerNotFoundError(f"there is no player {player_id or agent_symbol}")
        if credential.player_id in self._rejected:
            metadata = {"agent_symbol": credential.agent_symbol, "game_error_code": "4104"}
            raise TokenRejectedError(f"the game refuses the token of {credential.agent_symbol}", metadata)
        return credential

    def reject(self, player_id: int, token_version: int, game_error_code: int) -> None:
        """Ignored unless the token's version is the present one."""
        if player_id not in self._credentials:
            raise PlayerNotFoundError(f"there is no player {player_id}")
        self.reports.append((player_id, token_version, game_error_code))
        if self._credentials[player_id].token_version == token_version:
            self._rejected.add(player_id)

    async def credential(self, player: PlayerKey, *, fresh: bool = False) -> Credential:
        self.reads += 1
        self._refuse_while_down()
        return self.kept(player.player_id, player.agent_symbol)

    async def report_rejected(self, credential: Credential, game_error_code: int) -> None:
        self._refuse_while_down()
        self.reject(credential.player_id, credential.token_version, game_error_code)

    def _refuse_while_down(self) -> None:
        if self.down:
            raise PlayerServiceUnavailableError("the player service does not answer; try again", retry_after=1.0)
