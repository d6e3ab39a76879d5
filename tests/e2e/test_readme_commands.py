"""The README keeps its word: its commands run as they stand, its settings are those that exist."""

import importlib
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.readme_lines import README, ROOT, described_variables, lines_to_run
from tests.e2e.stack import eventually

pytestmark = pytest.mark.e2e
PORTS = {"the player service": 50051, "the navigation service": 50052, "the routing service": 50053, "a sandbox": 8080}


def taken(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


@pytest.fixture
def activated(tmp_path: Path) -> dict[str, str]:
    """The environment of a terminal in which .venv is activated, with data of its own."""
    ours = set(described_variables())
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**inherited, "PATH": path, "DATA_DIR": str(tmp_path / "data"), "TERM": "dumb"}


@pytest.fixture
def up(activated: dict[str, str], tmp_path: Path) -> Iterator[None]:
    """`spacetraders up`, at its usual addresses, as the README names them."""
    busy = [f"{name} ({port})" for name, port in PORTS.items() if taken(port)]
    if busy:
        pytest.skip(f"something else runs at the usual ports: {', '.join(busy)}")
    log = tmp_path / "up.log"
    with log.open("wb") as output:
        running = subprocess.Popen(["spacetraders", "up"], cwd=ROOT, env=activated, stdout=output, stderr=output)
    try:
        for port in (50051, 50052, 50053):
            eventually(partial(_serves_or_ended, running, port, activated), 180, f"{port} serves", log.read_text)
        # They are among those that the kernel gives to whoever connects to something.
        if running.poll() is not None and re.search("cannot (listen on|be bound)", log.read_text()):
            pytest.skip(f"something else took a usual port just now: {log.read_text()}")
        assert running.poll() is None, log.read_text()
        yield
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(90)


def _serves_or_ended(up: "subprocess.Popen[bytes]", port: int, environment: dict[str, str]) -> bool:
    check = ["grpcurl", "-plaintext", f"localhost:{port}", "grpc.health.v1.Health/Check"]
    answer = subprocess.run(check, env=environment, capture_output=True, text=True, check=False)
    return '"SERVING"' in answer.stdout or up.poll() is not None


@pytest.mark.usefixtures("up")
def test_every_command_works_as_it_stands(activated: dict[str, str], tmp_path: Path) -> None:
    lines = lines_to_run()
    assert len(lines) >= 15
    for line in lines:
        ran = subprocess.run(
            ["bash", "-c", line], cwd=tmp_path, env=activated, capture_output=True, text=True, timeout=300, check=False
        )

        assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
        assert ran.stdout.strip(), f"{line} says nothing"


@pytest.mark.parametrize("tool", ["grpcurl", "buf curl"])
@pytest.mark.parametrize("service", ["player", "navigation", "routing"])
def test_each_service_is_called_with_each_tool(tool: str, service: str) -> None:
    port = {"player": 50051, "navigation": 50052, "routing": 50053}[service]

    assert [line for line in lines_to_run() if line.startswith(tool) and f"localhost:{port}" in line]


def test_every_setting_is_described_and_no_other() -> None:
    read = {
        field.upper()
        for service in ("player", "navigation", "routing")
        for field in importlib.import_module(f"{service}_service.settings").Settings.model_fields
    }

    for source in (ROOT / "cli").rglob("*.py"):
        read |= set(re.findall(r'envvar="([A-Z_]+)"', source.read_text()))

    assert set(described_variables()) == read
    assert len(described_variables()) == len(set(described_variables()))


def test_every_document_that_the_readme_names_exists() -> None:
    named = {part.split(")")[0].split("#")[0] for part in README.split("](")[1:]}
    local = {name for name in named if "://" not in name}

    assert local
    assert [name for name in local if name and not (ROOT / name).exists()] == []
