"""When the game refuses a token: whose it is, whether it is true, and who else is concerned."""

from navigation_service.application.ports import (
    Credential,
    GameGateway,
    PlayerDirectory,
    PlayerKey,
    UnitOfWork,
    VoyageFilter,
    VoyageLog,
    VoyageRepository,
)
from navigation_service.domain.errors import TokenRejectedError, UniverseResetError
from navigation_service.domain.events import Failure, VoyageState
from navigation_service.domain.outcome import UNIVERSE_RESET, Refused
from navigation_service.domain.voyage import Voyage

_AT_ONCE = 200

TokenTrouble = TokenRejectedError | UniverseResetError


def token_refusal(refusal: Refused, credential: Credential) -> TokenTrouble | None:
    """The error that a refused action stands for, if it is about the token at all."""
    metadata = {"agent_symbol": credential.agent_symbol, "game_error_code": str(refusal.code)}
    if refusal.code == UNIVERSE_RESET:
        return UniverseResetError(f"the game's universe was reset: {refusal.message}", metadata)
    if refusal.rejects_token:
        return TokenRejectedError(f"the game refuses the token of {credential.agent_symbol}", metadata)
    return None


def universe_gone(universe: str, credential: Credential) -> UniverseResetError:
    metadata = {"agent_symbol": credential.agent_symbol, "universe": universe, "present_universe": credential.universe}
    return UniverseResetError(f"the voyage belongs to {universe}, the player is in {credential.universe} now", metadata)


async def confirm_refusal(
    players: PlayerDirectory, game: GameGateway, used: Credential | None, error: TokenTrouble
) -> TokenTrouble | None:
    """The error to end the voyages with, or None if the work can go on (a newer token, or a passing refusal).

    `used` is None where the player service itself said that the token is rejected.
    """
    if used is None or used.universe != error.metadata.get("universe", used.universe):
        return error
    try:
        fresh = await players.credential(PlayerKey(player_id=used.player_id), fresh=True)
    except (TokenRejectedError, UniverseResetError) as known:
        # Somebody else was refused too, and reported it first.
        return known
    if fresh.token_version != used.token_version:
        return universe_gone(used.universe, fresh) if fresh.universe != used.universe else None
    try:
        if await game.accepts_token(fresh):
            return None
    except UniverseResetError as confirmed:
        error = confirmed
    await players.report_rejected(fresh, int(error.metadata.get("game_error_code", "0")))
    return error


async def end_voyages_of_player(
    unit_of_work: UnitOfWork, voyages: VoyageRepository, log: VoyageLog, voyage: Voyage, error: TokenTrouble
) -> None:
    """Fail the other voyages of the same player and universe. Those in other hands will find out by themselves."""
    active = VoyageFilter(player_id=voyage.player_id, states=frozenset({VoyageState.PLANNED, VoyageState.UNDER_WAY}))
    async with unit_of_work.reading():
        others = await voyages.page(active, None, _AT_ONCE)
    failure = Failure(error.reason, error.message, tuple(error.metadata.items()))
    for other in others:
        if other.universe != voyage.universe:
            continue
        async with unit_of_work.transaction():
            claimed = await voyages.claim(other.voyage_id, "token-refusal")
            if claimed is None or claimed.lease is None:
                continue
            failed = claimed.failed(failure, claimed.lease.since)
            await voyages.save(failed)
        log.tell(failed, failed.pending_events)
