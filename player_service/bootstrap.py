"""The only file that knows everything: how the player service is put together."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import structlog

from player_service.access import ALLOWED
from player_service.adapters.game_api import HttpGameGateway
from player_service.adapters.key_file import FILE_NAME, kept_key
from player_service.adapters.players_sql import SqlPlayers
from player_service.adapters.tables import VERSION_TABLE, outcomes
from player_service.adapters.token_cipher import TokenCipher
from player_service.application.commands.delete_player import DeletePlayerCommand, DeletePlayerHandler
from player_service.application.commands.register_player import RegisterPlayerCommand, RegisterPlayerHandler
from player_service.application.commands.replace_agent_token import ReplaceAgentTokenCommand, ReplaceAgentTokenHandler
from player_service.application.commands.report_token_rejected import (
    ReportTokenRejectedCommand,
    ReportTokenRejectedHandler,
)
from player_service.application.commands.reseal_tokens import ResealTokensCommand, ResealTokensHandler
from player_service.application.commands.update_player_metadata import (
    UpdatePlayerMetadataCommand,
    UpdatePlayerMetadataHandler,
)
from player_service.application.credential import CredentialProver
from player_service.application.once import FirstAnswers
from player_service.application.ports import GameGateway, PlayerRepository, SecretDigest, UnitOfWork
from player_service.application.queries.get_agent_token import GetAgentTokenHandler, GetAgentTokenQuery
from player_service.application.queries.get_player import GetPlayerHandler, GetPlayerQuery
from player_service.application.queries.list_players import ListPlayersHandler, ListPlayersQuery
from player_service.servicer import SERVICE_NAME, PlayerServicer, register
from player_service.settings import Settings
from pymediatr import Mediator
from service_chassis import migrations
from service_chassis.app import App, run
from service_chassis.behaviors import LoggingBehavior, TransactionBehavior, ValidationBehavior
from service_chassis.database import Database
from service_chassis.identity import paths_of
from service_chassis.outcomes_sql import SqlOutcomes
from service_chassis.server import GrpcServer, ServerOptions, Service
from service_chassis.startup import StartupError
from service_chassis.telemetry import configure_logging
from shared_kernel.clock import Clock, SystemClock
from shared_kernel.errors import Unavailable
from shared_kernel.idempotency import Outcomes

# They wait for the game, and open their own short transactions before and after.
MANUAL_TRANSACTIONS = frozenset({RegisterPlayerCommand, ReplaceAgentTokenCommand})


def create_mediator(
    database: UnitOfWork,
    players: PlayerRepository,
    outcomes: Outcomes,
    game: GameGateway,
    digest: SecretDigest,
    clock: Clock,
) -> Mediator:
    """Every use case under its request, behind the same three behaviors."""
    prover = CredentialProver(game)
    first_answers = FirstAnswers(database, players, outcomes, digest)
    mediator = Mediator()
    mediator.add_pipeline_behavior(LoggingBehavior(clock))
    mediator.add_pipeline_behavior(ValidationBehavior())
    mediator.add_pipeline_behavior(TransactionBehavior(database, manual=MANUAL_TRANSACTIONS))
    mediator.register_handler(
        RegisterPlayerCommand, RegisterPlayerHandler(database, players, prover, first_answers, clock)
    )
    mediator.register_handler(
        ReplaceAgentTokenCommand, ReplaceAgentTokenHandler(database, players, prover, first_answers, clock)
    )
    mediator.register_handler(UpdatePlayerMetadataCommand, UpdatePlayerMetadataHandler(players, clock))
    mediator.register_handler(DeletePlayerCommand, DeletePlayerHandler(players))
    mediator.register_handler(ReportTokenRejectedCommand, ReportTokenRejectedHandler(players, clock))
    mediator.register_handler(ResealTokensCommand, ResealTokensHandler(players))
    mediator.register_handler(GetPlayerQuery, GetPlayerHandler(players))
    mediator.register_handler(ListPlayersQuery, ListPlayersHandler(players))
    mediator.register_handler(GetAgentTokenQuery, GetAgentTokenHandler(players))
    return mediator


def build(settings: Settings, *, game: GameGateway | None = None, clock: Clock | None = None) -> App:
    """The whole service, not started yet. Raises StartupError if this machine lacks what it needs."""
    clock = clock or SystemClock()
    cipher = TokenCipher(_encryption_keys(settings))
    database = _open_database(settings)
    players = SqlPlayers(database, cipher)
    shutdown: list[Callable[[], Awaitable[None]]] = [database.close]
    if game is None:
        game = http = HttpGameGateway(settings.game_api_url, settings.game_timeout_seconds)
        shutdown.insert(0, http.close)
    kept_outcomes = SqlOutcomes(database, outcomes, clock)
    servicer = PlayerServicer(create_mediator(database, players, kept_outcomes, game, cipher, clock))
    server = GrpcServer(
        ServerOptions.of(
            settings,
            access=paths_of(SERVICE_NAME, ALLOWED),
            loopback_only=frozenset({f"/{SERVICE_NAME}/GetAgentToken", f"/{SERVICE_NAME}/ReportTokenRejected"}),
        ),
        domain="spacetraders.player",
        services=[Service(SERVICE_NAME, lambda grpc_server: register(grpc_server, servicer))],
    )
    return App(server, startup=[lambda: _prepare(database, players)], shutdown=shutdown)


def serve(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "player_service")
    return run(lambda: build(settings))


def run_migrations(settings: Settings) -> int:
    """Apply the migrations; the exit code."""
    configure_logging(settings.log_level, settings.log_format, "player_service")
    return migrations.run_migrations(migrate(settings))


async def migrate(settings: Settings) -> None:
    """Bring the database's schema to this release's. Raises Unavailable if the database does not answer."""
    await migrations.migrate_and_close(_open_database(settings), "player_service", VERSION_TABLE)


def run_resealing(settings: Settings) -> int:
    """Seal all kept tokens under the first key; the exit code, 1 if older keys are still needed."""
    configure_logging(settings.log_level, settings.log_format, "player_service")
    try:
        resealed, unreadable = asyncio.run(reseal(settings))
    except (Unavailable, StartupError) as error:
        print(f"cannot reseal: {error}", file=sys.stderr)
        return 1
    print(f"{resealed} tokens are sealed anew under the first of TOKEN_ENCRYPTION_KEYS")
    if unreadable:
        agents = ", ".join(unreadable)
        print(f"no key opens the tokens of {agents}: give the one that does, or replace the tokens", file=sys.stderr)
        return 1
    print("no token needs the other keys")
    return 0


async def reseal(settings: Settings) -> tuple[int, list[str]]:
    """How many tokens were sealed anew, and the agent symbols of those that no key opens.

    What is done when it is broken off is done. Raises Unavailable or StartupError.
    """
    database, cipher, clock = _open_database(settings), TokenCipher(_encryption_keys(settings)), SystemClock()
    players, game = SqlPlayers(database, cipher), HttpGameGateway(settings.game_api_url, settings.game_timeout_seconds)
    mediator = create_mediator(database, players, SqlOutcomes(database, outcomes, clock), game, cipher, clock)
    resealed, unreadable, last_id = 0, list[str](), 0
    try:
        await _prepare(database, players)
        while (some := await mediator.send(ResealTokensCommand(last_id))).player_ids:
            last_id = some.player_ids[-1]
            resealed += len(some.resealed)
            unreadable += some.unreadable
    finally:
        await game.close()
        await database.close()
    return resealed, unreadable


async def _prepare(database: Database, players: SqlPlayers) -> None:
    await migrations.prepare(database, "player_service", VERSION_TABLE)
    async with database.reading():
        unreadable = await players.agents_with_unreadable_tokens()
    if unreadable:
        remedy = "add the keys that sealed them to TOKEN_ENCRYPTION_KEYS, or replace the tokens"
        structlog.get_logger().error("kept tokens do not open", agent_symbols=unreadable, remedy=remedy)


def _open_database(settings: Settings) -> Database:
    if (file := settings.sqlite_file) is not None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartupError(f"{file.parent} cannot be made: {error}; set DATA_DIR or DATABASE_URL") from error
    return Database(settings.database_url.get_secret_value())


def _encryption_keys(settings: Settings) -> tuple[str, ...]:
    if settings.encryption_keys:
        return settings.encryption_keys
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        return (kept_key(settings.data_dir),)
    except (OSError, ValueError) as error:
        file = settings.data_dir / FILE_NAME
        raise StartupError(f"{file} cannot be used: {error}; set DATA_DIR or TOKEN_ENCRYPTION_KEYS") from error
