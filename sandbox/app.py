"""Putting a sandbox together: its game, its faults, and the ASGI application that serves both."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from starlette.routing import BaseRoute, Route, Router

from sandbox.admin.endpoint import AdminEndpoint
from sandbox.admin.handlers import unknown_admin_route
from sandbox.admin.routes import ADMIN_ROUTES
from sandbox.asgi import Receive, Scope, Send
from sandbox.clock import ServerClock
from sandbox.config import SandboxConfig
from sandbox.endpoint import Access, GameEndpoint, GameRoute, HangUp
from sandbox.faults.catalogue import make_fault
from sandbox.faults.plan import FaultPlan, FaultRule
from sandbox.fields import Fields
from sandbox.game import Game
from sandbox.handlers.status import unknown_route
from sandbox.ledger import FileLedger, MemoryLedger
from sandbox.routes import GAME_ROUTES
from sandbox.store import MemoryStore, SqliteStore
from sandbox.world.galaxy import Galaxy, generate_galaxy


@dataclass
class Sandbox:
    """A sandbox: call it as an ASGI application, or reach into its game and faults."""

    game: Game
    faults: FaultPlan
    router: Router

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        await self.router(scope, receive, send)

    def close(self) -> None:
        """Let go of the data directory."""
        self.game.store.close()


def create_app(
    config: SandboxConfig,
    *,
    wall: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    secret: Callable[[], bytes] = lambda: secrets.token_bytes(32),
    hang_up: HangUp | None = None,
    generate: Callable[[int], Galaxy] = generate_galaxy,
) -> Sandbox:
    """A sandbox of these settings.

    `wall` is the wall clock in milliseconds since 1970 UTC; `hang_up` cuts the connection of a request without an
    answer, and is the server's to give; `generate` makes the map of a seed.

    Raises:
        DirectoryUnusableError: the data directory cannot be written, or another sandbox holds it.
        SeedMismatchError: the data directory holds the universe of another seed.
    """
    store = SqliteStore(config.data_dir) if config.data_dir else MemoryStore()
    ledger = FileLedger(config.data_dir) if config.data_dir else MemoryLedger()
    game = Game(config, ServerClock(wall), ledger, store, secret, generate)
    faults = FaultPlan(Random(f"{config.seed}/faults"))
    for name, probability in config.faults.items():
        faults.add(FaultRule(make_fault(name, Fields({})), probability))
    return Sandbox(game, faults, _router(game, faults, hang_up or _refuse_to_hang_up))


def _router(game: Game, faults: FaultPlan, hang_up: HangUp) -> Router:
    def serve(route: GameRoute) -> GameEndpoint:
        return GameEndpoint(game, faults, route, hang_up)

    routes: list[BaseRoute] = [Route(f"/v2{r.path}", serve(r), methods=[r.method]) for r in GAME_ROUTES]
    for method, path, handler in ADMIN_ROUTES:
        routes.append(Route(f"/_sandbox{path}", AdminEndpoint(game, faults, handler), methods=[method]))
    routes.append(Route("/_sandbox{path:path}", AdminEndpoint(game, faults, unknown_admin_route)))
    unknown = GameRoute("*", "/{path:path}", "unknown", unknown_route, Access.OPEN)
    return Router([*routes, Route(unknown.path, serve(unknown))], redirect_slashes=False)


def _refuse_to_hang_up(scope: Scope) -> None:
    raise ConnectionResetError("the sandbox was told to cut this connection, and no server gave it a way to")
