"""`spacetraders up` as a real process, with stubs in place of the services and the sandbox."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.exit_codes import ExitCode
from tests.fakes.free_ports import free_port

ROOT = Path(__file__).parents[3]
NAMES = ("player_service", "navigation_service", "routing_service", "sandbox")
ANY_PORTS = (
    *("--player-service-address", "127.0.0.1:0"),
    *("--navigation-service-address", "127.0.0.1:0"),
    *("--routing-service-address", "127.0.0.1:0"),
    *("--sandbox-port", "0"),
)

StartUp = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def start_up(tmp_path: Path, data: Path) -> Iterator[StartUp]:
    """`start_up("--option", NAME="value")`, at addresses of its own; whatever still runs at the end is killed."""
    for name in NAMES:
        package = tmp_path / "stubs" / name
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(
            f"import sys\nfrom tests.fakes.cli_stub_service import main\nsys.exit(main({name!r}))\n"
        )
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, **environment: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", "up", "--data-dir", str(data), *_own_ports(), *options],
            env={**os.environ, "PYTHONPATH": f"{tmp_path / 'stubs'}{os.pathsep}{ROOT}", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=90)


def _own_ports() -> list[str]:
    services = ("player", "navigation", "routing")
    addresses = [(f"--{name}-service-address", f"127.0.0.1:{free_port()}") for name in services]
    return [*itertools.chain(*addresses), "--sandbox-port", str(free_port())]


def notes(data: Path, name: str) -> Any:
    return json.loads((data / f"{name}.json").read_text())


def announcement(process: "subprocess.Popen[str]") -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_starts_everything_and_stops_everything(start_up: StartUp, data: Path, end: signal.Signals) -> None:
    process = start_up(*ANY_PORTS, "--time-scale", "30", "-o", "json", HEALTH_ADDRESS="127.0.0.1:1")
    said = announcement(process)

    process.send_signal(end)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.OK, err
    assert all((data / f"{name}.stopped").exists() for name in NAMES)
    environment = notes(data, "navigation_service")["environment"]
    assert environment["LISTEN_ADDRESS"] == environment["NAVIGATION_SERVICE_ADDRESS"] == said["navigation_service"]
    assert environment["PLAYER_SERVICE_ADDRESS"] == said["player_service"]
    assert environment["ROUTING_SERVICE_ADDRESS"] == said["routing_service"]
    assert environment["GAME_API_URL"] == said["game"]
    assert environment["GAME_TIME_SCALE"] == "30"
    assert "HEALTH_ADDRESS" not in environment
    assert Path(said["log_dir"], "navigation_service.log").exists()


def test_does_not_send_two_services_to_one_database(start_up: StartUp, data: Path) -> None:
    process = start_up(DATABASE_URL="sqlite:////somewhere/precious.sqlite3")
    assert process.stdout is not None
    while "Ctrl-C" not in process.stdout.readline():
        pass
    process.terminate()
    _, err = process.communicate(timeout=90)

    assert f"here each keeps a SQLite file in {data}" in err
    assert all("DATABASE_URL" not in notes(data, name)["environment"] for name in NAMES)


def test_tells_addresses_logs_and_a_first_command(start_up: StartUp, data: Path) -> None:
    process = start_up()
    assert process.stdout is not None
    lines: list[str] = []
    while "Ctrl-C stops everything." not in lines:
        lines.append(process.stdout.readline().strip())
        assert lines[-1] or process.poll() is None
    process.terminate()
    process.communicate(timeout=90)

    said = "\n".join(lines)
    assert f"the logs go to {data / 'logs'}" in said
    assert "navigation service is ready" in said
    address = notes(data, "player_service")["environment"]["LISTEN_ADDRESS"]
    assert f"export PLAYER_SERVICE_ADDRESS={address}" in lines
    assert "spacetraders player enlist --agent ASTRA --account-token sandbox-account" in lines
    assert notes(data, "sandbox")["arguments"][2:4] == ["--time-scale", "60"]


def test_names_a_process_that_dies_at_start_with_the_end_of_its_log(start_up: StartUp, data: Path) -> None:
    process = start_up(STUB_ROUTING_SERVICE="die")

    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.PROCESS_DIED
    assert "the routing service ended with exit code 3" in err
    assert "routing_service: cannot go on" in err
    assert "\x1b" not in err
    assert str(data / "logs" / "routing_service.log") in err
    assert "Traceback" not in err


def test_names_a_process_that_is_killed_later_and_stops_the_others(start_up: StartUp, data: Path) -> None:
    process = start_up("-o", "json")
    announcement(process)

    os.kill(notes(data, "player_service")["pid"], signal.SIGKILL)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.PROCESS_DIED
    assert json.loads(err)["error"]["metadata"]["program"] == "player service"
    assert "was killed by SIGKILL" in json.loads(err)["error"]["message"]
    assert all((data / f"{name}.stopped").exists() for name in NAMES if name != "player_service")


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell children that their parent died")
def test_nothing_is_left_behind_when_it_is_killed(start_up: StartUp, data: Path) -> None:
    process = start_up("-o", "json")
    announcement(process)
    pids = [notes(data, name)["pid"] for name in NAMES]

    process.kill()
    process.wait(timeout=90)

    give_up_at = time.monotonic() + 90
    while any(map(is_running, pids)):
        assert time.monotonic() < give_up_at
        time.sleep(0.02)


def test_a_second_ctrl_c_does_not_wait_for_the_draining(start_up: StartUp, data: Path) -> None:
    process = start_up(STUB_SANDBOX="idle")
    while not all((data / f"{name}.json").exists() for name in NAMES):
        assert process.poll() is None
        time.sleep(0.02)
    pid = notes(data, "sandbox")["pid"]
    os.kill(pid, signal.SIGSTOP)

    process.send_signal(signal.SIGINT)
    while not (data / "player_service.stopped").exists():
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=90)

    assert process.returncode == ExitCode.OK
    assert not is_running(pid)


def test_without_a_sandbox_the_services_face_the_real_game(start_up: StartUp, data: Path) -> None:
    process = start_up("--no-sandbox", "-o", "json", NO_PROXY="internal")
    said = announcement(process)
    process.terminate()
    process.communicate(timeout=90)

    environment = notes(data, "player_service")["environment"]
    assert environment["GAME_API_URL"] == said["game"] == "https://api.spacetraders.io/v2"
    assert environment["GAME_TIME_SCALE"] == "1"
    assert environment["NO_PROXY"] == "internal,127.0.0.1,localhost"
    assert not (data / "sandbox.json").exists()


def test_a_taken_port_is_named_with_the_remedy(start_up: StartUp, data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        process = start_up("--navigation-service-address", address)
        _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE
    assert f"the navigation service cannot listen on {address}" in err
    assert "NAVIGATION_SERVICE_ADDRESS" in err
    assert not (data / "player_service.json").exists()


@pytest.mark.parametrize(
    "options",
    [
        ("--no-sandbox", "--time-scale", "2"),
        ("--time-scale", "0"),
        ("--time-scale", "nan"),
        ("--sandbox-port", "70000"),
    ],
)
def test_refuses_options_that_make_no_sense(start_up: StartUp, options: tuple[str, ...]) -> None:
    process = start_up(*options)
    process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE


def test_two_services_cannot_share_an_address(start_up: StartUp) -> None:
    address = f"127.0.0.1:{free_port()}"
    shared = ("--player-service-address", address, "--routing-service-address", address)
    process = start_up(*shared)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE
    assert f"cannot listen on {address}" in err


def test_a_data_dir_that_cannot_be_made_is_named(start_up: StartUp, data: Path) -> None:
    (data / "file").touch()

    process = start_up("--data-dir", str(data / "file" / "below"))
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE
    assert "--data-dir" in err
