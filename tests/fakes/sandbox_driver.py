"""A sandbox inside the test's process, on a wall clock of the test's own, called without a socket."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

from sandbox.app import Sandbox, create_app
from sandbox.config import DEFAULT_ACCOUNT_TOKEN, SandboxConfig
from sandbox.world.galaxy import generate_galaxy
from sandbox.world.places import System, Waypoint

START = 1_900_000_000_000

universe_of = cache(generate_galaxy)


@dataclass
class Wall:
    """Milliseconds since 1970, moved by hand."""

    now: int = START

    def __call__(self) -> int:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += round(seconds * 1000)


@dataclass(frozen=True)
class Reply:
    """An answer as it left the sandbox."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        assert self.status < 300, self.body
        return self.json["data"]

    @property
    def error(self) -> Any:
        assert self.status >= 400, self.body
        return self.json["error"]

    @property
    def code(self) -> int:
        return int(self.error["code"])


@dataclass
class Driver:
    """Sends requests, as the agent whose `token` it holds."""

    sandbox: Sandbox
    wall: Wall
    token: str | None = None
    agent: str = ""
    peer: str = "127.0.0.1"

    async def call(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One request; the path is taken below /v2 unless it starts with /_sandbox."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        path, _, query = path.partition("?")
        lines = {"content-type": "application/json"} | ({"authorization": f"Bearer {self.token}"} if self.token else {})
        lines |= headers or {}
        messages: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content, "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path if path.startswith("/_sandbox") else f"/v2{path}",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in lines.items()],
            "client": (self.peer, 50000),
        }
        await self.sandbox(scope, receive, send)
        start, end = messages
        return Reply(start["status"], {k.decode(): v.decode() for k, v in start["headers"]}, end["body"])

    async def get(self, path: str) -> Reply:
        return await self.call("GET", path)

    async def post(self, path: str, body: object = None) -> Reply:
        return await self.call("POST", path, {} if body is None else body)

    async def patch(self, path: str, body: object) -> Reply:
        return await self.call("PATCH", path, body)

    async def admin(self, path: str, **body: object) -> Any:
        """POST to the sandbox itself, which must agree."""
        return (await self.post(f"/_sandbox{path}", body)).data

    async def register(self, symbol: str = "ACE", faction: str = "COSMIC") -> Any:
        """Enlist, and go on as that agent."""
        account = {"authorization": f"Bearer {DEFAULT_ACCOUNT_TOKEN}"}
        reply = await self.call("POST", "/register", {"symbol": symbol, "faction": faction}, account)
        self.token, self.agent = reply.data["token"], reply.data["agent"]["symbol"]
        return reply.data

    async def log(self, after: int = 0) -> list[Any]:
        return list((await self.get(f"/_sandbox/log?after={after}")).data)

    @property
    def home(self) -> System:
        """The present agent's start system."""
        universe = self.sandbox.game.universe
        return universe.galaxy.systems["-".join(universe.agents[self.agent].headquarters.split("-")[:2])]

    def find(self, waypoint_type: str, *, market: bool | None = None) -> Waypoint:
        """A waypoint of the start system."""
        return next(w for w in self.home.waypoints if w.type == waypoint_type and market in (None, w.is_market))

    async def place(self, ship: str, waypoint: str, **state: object) -> None:
        """Put a ship somewhere."""
        await self.admin("/move", ship=ship, waypoint=waypoint, **state)


def make_driver(wall: Wall | None = None, **settings: Any) -> Driver:
    """A driver of a new sandbox at time scale 1 and without rate limits, unless `settings` say otherwise."""
    wall = wall or Wall()
    config = SandboxConfig(**({"time_scale": Fraction(1), "rate_limit": False} | settings))
    return Driver(create_app(config, wall=wall, secret=lambda: bytes(range(32)), generate=universe_of), wall)
