"""`--svg FILE`: the plan that is shown is also drawn, on the map that the service knows."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from cli.exit_codes import ExitCode
from protos.navigation.v1.navigation_service_pb2 import GetSystemGraphRequest
from protos.routing.v1.routing_pb2 import SystemGraph, Waypoint
from tests.fakes.cli_world import Servers
from tests.integration.cli.conftest import Spacetraders

PLACES = {"A1": (0, 0), "B7": (120, 40), "B9": (-60, 200), "C3": (-300, -90), "D4": (0, 0)}
PLANS = [
    ("plan", "ASTRA-1", "C3"),
    ("tour", "plan", "ASTRA-1", "C3", "B7"),
    ("tour", "start", "ASTRA-1", "C3", "B7", "--plan-only"),
    ("fleet", "plan", "ASTRA-1", "C3,B7"),
    ("fleet", "dispatch", "ASTRA-1", "C3,B7", "--plan-only"),
]


@pytest.fixture
def servers(servers: Servers) -> Servers:
    """The map of the ship's system."""
    servers.navigation.graph = SystemGraph(
        system_symbol="X1-AB12",
        waypoints=[Waypoint(symbol=f"X1-AB12-{name}", x=x, y=y, sells_fuel=True) for name, (x, y) in PLACES.items()],
    )
    return servers


@pytest.mark.parametrize("plan", PLANS, ids=" ".join)
def test_every_plan_can_be_drawn(
    servers: Servers, spacetraders: Spacetraders, tmp_path: Path, plan: tuple[str, ...]
) -> None:
    file = tmp_path / "plan.svg"

    outcome = spacetraders(*plan, "--svg", str(file))

    assert outcome.code == ExitCode.OK
    assert str(file) in outcome.err
    drawn = "".join(ElementTree.fromstring(file.read_text()).itertext())
    assert "ASTRA-1" in drawn
    assert "in X1-AB12" in drawn
    [request] = servers.navigation.armed.of_type("GetSystemGraphRequest")
    assert isinstance(request, GetSystemGraphRequest)
    assert (request.agent_symbol, request.system_symbol) == ("ASTRA", "X1-AB12")


def test_json_is_not_disturbed_by_the_picture(spacetraders: Spacetraders, tmp_path: Path) -> None:
    outcome = spacetraders("plan", "ASTRA-1", "C3", "--svg", str(tmp_path / "plan.svg"), "-o", "json")

    assert outcome.json["route"]["destination"] == "X1-AB12-C3"
    assert outcome.err == ""
    assert (tmp_path / "plan.svg").stat().st_size > 1_000


@pytest.mark.parametrize("file", ["no/folder.svg", "folder", ""])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_planned(
    servers: Servers, spacetraders: Spacetraders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)

    outcome = spacetraders("plan", "ASTRA-1", "C3", "--svg", file)

    assert outcome.code == ExitCode.USAGE
    assert f"--svg: cannot write {file!r}" in outcome.err
    assert servers.navigation.armed.requests == []


def test_the_map_does_not_go_to_standard_output_nor_to_a_file_called_so(
    servers: Servers, spacetraders: Spacetraders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = spacetraders("plan", "ASTRA-1", "C3", "--svg", "-")

    assert outcome.code == ExitCode.USAGE
    assert "--svg: standard output is for the plan itself" in outcome.err
    assert (servers.navigation.armed.requests, list(tmp_path.iterdir())) == ([], [])


def test_a_file_that_is_there_is_drawn_over(spacetraders: Spacetraders, tmp_path: Path) -> None:
    (tmp_path / "plan.svg").write_text("an older plan")

    spacetraders("plan", "ASTRA-1", "C3", "--svg", str(tmp_path / "plan.svg"))

    assert (tmp_path / "plan.svg").read_text().startswith("<svg")


def test_what_is_flown_at_once_is_not_drawn(servers: Servers, spacetraders: Spacetraders, tmp_path: Path) -> None:
    outcome = spacetraders("tour", "start", "ASTRA-1", "C3", "--svg", str(tmp_path / "plan.svg"))

    assert outcome.code == ExitCode.USAGE
    assert "--plan-only" in outcome.err
    assert servers.navigation.armed.requests == []


def test_without_a_file_no_map_is_asked_for(servers: Servers, spacetraders: Spacetraders) -> None:
    spacetraders("plan", "ASTRA-1", "X1-AB12-C3")

    assert servers.navigation.armed.of_type("GetSystemGraphRequest") == []
