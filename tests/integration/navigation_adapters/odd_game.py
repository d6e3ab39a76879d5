"""A gateway to an odd server, with everything that its tests look at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from navigation_service.adapters.game_api import HttpGameGateway
from navigation_service.application.ports import AgentToken, Credential, Urgency
from navigation_service.domain.outcome import Outcome
from navigation_service.domain.ship import NavStatus, Ship
from navigation_service.domain.voyage import GameAction
from shared_kernel.clock import Clock, SystemClock
from shared_kernel.physics import FlightMode
from tests.fakes.navigation_budget import FakeBudget, FakePermit
from tests.fakes.navigation_http import OddServer, Respond

TOKEN = "eyJ-the-secret-of-the-agent"
CREDENTIAL = Credential(7, "ACE", AgentToken(TOKEN), 1, "odd/2026-11-01")
SHIP = Ship("ACE-1", "X1-AA1", "X1-AA1-A1", NavStatus.IN_ORBIT, FlightMode.CRUISE, 300, 400, 36, role="COMMAND")


class OddGame:
    """`budget` and `server.seen` tell what was drawn and what arrived."""

    def __init__(self, url: str, clock: Clock | None = None, *, timeout_seconds: float = 5.0) -> None:
        self.budget = FakeBudget()
        self.gateway = HttpGameGateway(
            url, timeout_seconds, self.budget, clock or SystemClock(), lambda low, high: low, back_off_seconds=0.001
        )

    async def ship(self) -> Ship:
        return await self.gateway.get_ship(CREDENTIAL, "ACE-1", Urgency.VOYAGE)

    async def perform(
        self,
        action: GameAction = GameAction.ORBIT,
        target: str = "",
        *,
        permit: FakePermit | None = None,
        send_by: float = float("inf"),
    ) -> Outcome:
        permit = permit or await self.budget.acquire(Urgency.VOYAGE)
        return await self.gateway.perform(CREDENTIAL, SHIP, action, target, permit=permit, send_by=send_by)


@asynccontextmanager
async def odd_game(respond: Respond, **options: Any) -> AsyncIterator[tuple[OddGame, OddServer]]:
    with OddServer(respond) as server:
        game = OddGame(server.url, **options)
        yield game, server
        await game.gateway.close()


def ship_json(symbol: str = "ACE-1", **changes: Any) -> dict[str, Any]:
    """A ship as the game shows it, docked."""
    return {
        "symbol": symbol,
        "registration": {"name": symbol, "factionSymbol": "COSMIC", "role": "COMMAND"},
        "nav": nav_json(),
        "frame": {"symbol": "FRAME_FRIGATE", "fuelCapacity": 400},
        "engine": {"symbol": "ENGINE_ION_DRIVE_II", "speed": 36},
        "fuel": {"current": 300, "capacity": 400, "consumed": {"amount": 100, "timestamp": "2026-11-23T12:00:00Z"}},
    } | changes


def nav_json(**changes: Any) -> dict[str, Any]:
    return {
        "systemSymbol": "X1-AA1",
        "waypointSymbol": "X1-AA1-B2",
        "route": route_json(),
        "status": "DOCKED",
        "flightMode": "CRUISE",
    } | changes


def route_json(**changes: Any) -> dict[str, Any]:
    return {
        "origin": {"symbol": "X1-AA1-A1", "type": "PLANET", "systemSymbol": "X1-AA1", "x": 0, "y": 0},
        "destination": {"symbol": "X1-AA1-B2", "type": "MOON", "systemSymbol": "X1-AA1", "x": 3, "y": 4},
        "departureTime": "2026-11-23T12:00:00.000Z",
        "arrival": "2026-11-23T12:01:00.000Z",
    } | changes
