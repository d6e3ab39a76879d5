"""The command line run in this process, against fakes of both services behind one real gRPC port."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.__main__ import main
from tests.fakes.cli_world import Servers, frigate, route_with_refuel, serving


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


Spacetraders = Callable[..., Outcome]


@pytest.fixture
def servers() -> Iterator[Servers]:
    """ASTRA is registered and owns a frigate that can fly to C3."""
    with serving() as servers:
        servers.players.add("ASTRA")
        servers.players.agent_of_token["agent-secret"] = "ASTRA"
        servers.navigation.ships["ASTRA-1"] = frigate()
        servers.navigation.routes["X1-AB12-C3"] = route_with_refuel()
        yield servers


@pytest.fixture
def spacetraders(servers: Servers, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Spacetraders:
    """`spacetraders("ship", "list", stdin="...")` runs it, with the fakes' address in the environment."""
    for name in ("PLAYER_SERVICE_ADDRESS", "NAVIGATION_SERVICE_ADDRESS"):
        monkeypatch.setenv(name, servers.address)
    for name in ("AGENT", "AGENT_TOKEN", "ACCOUNT_TOKEN", "OUTPUT", "DEBUG"):
        monkeypatch.delenv(f"SPACETRADERS_{name}", raising=False)

    def run(*arguments: str, stdin: str = "") -> Outcome:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(arguments)
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Outcome(code, captured.out, captured.err)

    return run
