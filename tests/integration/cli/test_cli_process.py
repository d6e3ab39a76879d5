"""The command as a process of its own: signals, pipes that close, and what it costs to start."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.exit_codes import ExitCode
from tests.fakes.cli_world import VOYAGE_ID, Servers, flight, frigate, route_with_refuel, serving

ROOT = Path(__file__).parents[3]


@pytest.fixture
def servers() -> Iterator[Servers]:
    with serving() as servers:
        servers.players.add("ASTRA")
        servers.navigation.ships["ASTRA-1"] = frigate()
        servers.navigation.routes["X1-AB12-C3"] = route_with_refuel()
        servers.navigation.scripts["X1-AB12-C3"] = flight()
        yield servers


def environment(servers: Servers) -> dict[str, str]:
    addresses = {"PLAYER_SERVICE_ADDRESS": servers.address, "NAVIGATION_SERVICE_ADDRESS": servers.address}
    return {**os.environ, "PYTHONPATH": str(ROOT), **addresses}


def spacetraders(servers: Servers, *arguments: str) -> "subprocess.Popen[str]":
    return started(servers, *arguments, stdout=subprocess.PIPE)


def started(servers: Servers, *arguments: str, stdout: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "cli", *arguments],
        env=environment(servers),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def first_events(process: "subprocess.Popen[str]", count: int) -> None:
    assert process.stdout is not None
    for _ in range(count):
        json.loads(process.stdout.readline())


def test_ctrl_c_leaves_the_voyage_flying_and_says_how_to_go_on(servers: Servers) -> None:
    servers.navigation.hold = True
    process = spacetraders(servers, "navigate", "ASTRA-1", "X1-AB12-C3", "-o", "json")
    first_events(process, 5)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.INTERRUPTED
    error = json.loads(err)["error"]
    assert error["metadata"] == {"voyage_id": VOYAGE_ID}
    assert f"spacetraders voyage watch {VOYAGE_ID}" in error["hint"]
    assert f"spacetraders voyage cancel {VOYAGE_ID}" in error["hint"]
    assert servers.navigation.armed.of_type("CancelVoyageRequest") == []


def test_ctrl_c_while_watching_says_the_same(servers: Servers) -> None:
    servers.navigation.hold = True
    spacetraders(servers, "navigate", "ASTRA-1", "X1-AB12-C3", "--detach").communicate(timeout=90)
    process = spacetraders(servers, "voyage", "watch", "ASTRA-1", "-o", "json")
    first_events(process, 4)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.INTERRUPTED
    assert "flies on" in json.loads(err)["error"]["message"]


def test_ctrl_c_leaves_all_voyages_of_a_fleet_flying(servers: Servers) -> None:
    servers.navigation.ships["ASTRA-2"] = frigate("ASTRA-2")
    servers.navigation.scripts |= {"ASTRA-1": flight(), "ASTRA-2": flight()}
    servers.navigation.hold = True
    process = spacetraders(servers, "fleet", "dispatch", "ASTRA-1,2", "B7,C3", "-o", "json")
    first_events(process, 9)

    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.INTERRUPTED
    error = json.loads(err)["error"]
    assert error["metadata"]["voyage_ids"].split(",") == sorted(servers.navigation.voyages)
    assert "2 voyages fly on" in error["message"]
    assert servers.navigation.armed.of_type("CancelVoyageRequest") == []


def test_a_closed_pipe_ends_a_watch_quietly(servers: Servers) -> None:
    process = spacetraders(servers, "navigate", "ASTRA-1", "X1-AB12-C3", "-o", "json")
    first_events(process, 1)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait(timeout=90) == ExitCode.BROKEN_PIPE


def test_a_closed_pipe_ends_the_watches_of_ships_that_have_nothing_to_tell(servers: Servers) -> None:
    servers.navigation.ships["ASTRA-2"] = frigate("ASTRA-2")
    servers.navigation.scripts["ASTRA-1"] = flight()
    servers.navigation.hold = True
    process = spacetraders(servers, "fleet", "dispatch", "ASTRA-1,2", "B7,C3", "-o", "json")
    first_events(process, 1)
    assert process.stdout is not None
    process.stdout.close()

    assert process.wait(timeout=90) == ExitCode.BROKEN_PIPE


@pytest.mark.parametrize("arguments", [("ship", "list"), ("ship", "list", "-o", "json"), ("--help",)])
def test_a_pipe_that_nobody_reads_is_no_traceback(servers: Servers, arguments: tuple[str, ...]) -> None:
    process = spacetraders(servers, *arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.stderr.read() == ""
    assert process.wait(timeout=90) == ExitCode.BROKEN_PIPE


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("ship", "list"), ("ship", "list", "-o", "json"), ("--help",)])
def test_an_answer_that_finds_no_room_is_no_defect(servers: Servers, arguments: tuple[str, ...]) -> None:
    process = started(servers, *arguments, stdout=os.open("/dev/full", os.O_WRONLY))
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE
    assert "the answer cannot be written: No space left on device" in err


def test_a_terminal_without_all_characters_is_no_defect(servers: Servers) -> None:
    servers.navigation.ships["ASTRA-1"].role = "Zoë ☃"
    latin = {**environment(servers), "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}

    def shown(*options: str) -> bytes:
        command = [sys.executable, "-m", "cli", "ship", "show", "ASTRA-1", *options]
        return subprocess.run(command, env=latin, capture_output=True, check=True).stdout

    assert "Zoë ?".encode("latin-1") in shown()
    assert json.loads(shown("-o", "json"))["ship"]["role"] == "Zoë ☃"


def test_output_that_was_closed_is_lost_without_a_word(servers: Servers) -> None:
    closing = ["sh", "-c", '"$0" -m cli ship list >&-', sys.executable]
    process = subprocess.run(closing, env=environment(servers), capture_output=True, text=True, check=True)

    assert process.stderr == ""


def test_arguments_that_are_not_text_are_wrong_usage(servers: Servers) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "cli", "ship", "show", b"\xff\xfe"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    _, err = process.communicate(timeout=90)

    assert process.returncode == ExitCode.USAGE
    assert "argument 3 is not valid text" in err


@pytest.mark.parametrize("command", [[], ["navigate"], ["tour", "start"], ["fleet", "dispatch"], ["budget"]])
def test_help_imports_neither_grpc_nor_protobuf_nor_rich(command: list[str]) -> None:
    script = (
        f"import sys; from cli.__main__ import main; main({[*command, '--help']!r}); "
        "print([m for m in ('grpc', 'google.protobuf', 'rich', 'asyncio', 'sqlalchemy') if m in sys.modules])"
    )

    out = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert out.splitlines()[-1] == "[]"


def test_talking_to_the_services_needs_no_database_library() -> None:
    script = "import sys, cli.fleet, cli.following, cli.stack; print('sqlalchemy' in sys.modules)"

    out = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert out.strip() == "False"
