"""The games that the gateway's contract runs on: the strict fake, and a sandbox process behind HTTP."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import dist
from typing import Any

from navigation_service.adapters.game_api import HttpGameGateway
from navigation_service.application.ports import AgentToken, Credential
from navigation_service.domain.ship import NavStatus
from navigation_service.domain.voyage import GameAction
from shared_kernel.clock import SystemClock
from tests.fakes.navigation_budget import FakeBudget
from tests.fakes.navigation_game import FakeGame, Fault, Place
from tests.fakes.player_clock import SteppedClock
from tests.fakes.sandbox_process import SandboxServer
from tests.integration.ports.navigation_game import GameWorld

_FAULT_NAMES = {Fault.LOST_AFTER: "drop_after", Fault.LOST_BEFORE: "drop_before", Fault.RATE_LIMITED: "rate_storm"}


class FakeWorld(GameWorld):
    home, near, dry, far = "X1-AA1-A1", "X1-AA1-B2", "X1-AA1-C3", "X1-AA1-D4"

    def __init__(self) -> None:
        self._clock = SteppedClock()
        self.budget = FakeBudget()
        self.game: FakeGame = FakeGame(self._clock, budget=self.budget)
        self.game.chart(
            Place(self.home, 0, 0, sells_fuel=True),
            Place(self.near, 60, -80, sells_fuel=True),
            Place(self.dry, 0, 30),
            Place(self.far, 500, 0, sells_fuel=True),
        )
        self.credential = self.game.enlist("ACE")
        self.ship_symbol = self.game.launch("ACE-1", self.home).ship_symbol

    async def step(self, seconds: float) -> None:
        self._clock.step(seconds)

    async def place(self, waypoint: str, nav_status: NavStatus, fuel: int) -> None:
        self.game.move(self.ship_symbol, waypoint, nav_status=nav_status, fuel=fuel)

    async def impoverish(self) -> None:
        self.game.credits["ACE"] = 0

    async def fail(self, action: str, fault: Fault, times: int = 1) -> None:
        self.game.fail(action if action == "READ" else GameAction(action), *[fault] * times)

    async def reset(self) -> None:
        self.game.refuse_token(self.credential, 4113)


@dataclass
class SandboxHouse:
    """One sandbox process for many tests, each with an agent of its own. Its flights take real time, which steps."""

    server: SandboxServer
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def world(self) -> "SandboxWorld":
        answer = self.server.call("POST", "/v2/register", {"symbol": f"ACE{next(self.numbers)}", "faction": "COSMIC"})
        return SandboxWorld(self.server, answer["data"])


class SandboxWorld(GameWorld):
    def __init__(self, server: SandboxServer, enlisted: Any) -> None:
        self._server = server
        self._agent = enlisted["agent"]["symbol"]
        self.budget = FakeBudget()
        self.game: HttpGameGateway = HttpGameGateway(
            server.url, 5.0, self.budget, SystemClock(), lambda low, high: low, back_off_seconds=0.01
        )
        self.credential = Credential(1, self._agent, AgentToken(enlisted["token"]), 1, "sandbox")
        self.ship_symbol = f"{self._agent}-1"
        self.home = enlisted["agent"]["headquarters"]
        self.near, self.dry, self.far = self._places()

    async def step(self, seconds: float) -> None:
        await self._admin("/clock", step_seconds=seconds)

    async def place(self, waypoint: str, nav_status: NavStatus, fuel: int) -> None:
        await self._admin("/move", ship=self.ship_symbol, waypoint=waypoint, status=nav_status.value, fuel=fuel)

    async def impoverish(self) -> None:
        await self._admin("/agents", agent=self._agent, credits=0)

    async def fail(self, action: str, fault: Fault, times: int = 1) -> None:
        called = "get_ship" if action == "READ" else action.lower()
        await self._admin("/faults", name=_FAULT_NAMES[fault], next=times, action=called, agent=self._agent)

    async def reset(self) -> None:
        await self._admin("/reset")

    async def _admin(self, path: str, **body: Any) -> None:
        answer = await asyncio.to_thread(self._server.call, "POST", f"/_sandbox{path}", body)
        assert "data" in answer, answer

    def _places(self) -> tuple[str, str, str]:
        system = "-".join(self.home.split("-")[:2])
        waypoints: list[Any] = []
        for page in itertools.count(1):
            answer = self._server.call("GET", f"/v2/systems/{system}/waypoints?limit=20&page={page}")
            waypoints += answer["data"]
            if len(waypoints) >= answer["meta"]["total"]:
                break
        here = next(w for w in waypoints if w["symbol"] == self.home)

        def away(waypoint: Any) -> float:
            return dist((waypoint["x"], waypoint["y"]), (here["x"], here["y"]))

        waypoints.sort(key=away)
        near = next(w for w in waypoints if away(w) > 20 and _is_market(w))
        dry = next(w for w in waypoints if away(w) > 20 and not _is_market(w))
        assert away(waypoints[-1]) > 410, "no waypoint is out of reach"
        return near["symbol"], dry["symbol"], waypoints[-1]["symbol"]


def _is_market(waypoint: Any) -> bool:
    return any(trait["symbol"] == "MARKETPLACE" for trait in waypoint["traits"])
