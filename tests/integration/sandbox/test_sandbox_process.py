"""The sandbox as a real process: start, cut connections, kill -9, and the way back."""

import contextlib
import http.client
import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.sandbox_process import SandboxServer

SHIP = "/v2/my/ships/ACE-1"


def enlist(server: SandboxServer) -> str:
    born = server.call("POST", "/v2/register", {"symbol": "ACE", "faction": "COSMIC"})
    return str(born["data"]["token"])


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)


def test_one_line_says_where_it_listens() -> None:
    with SandboxServer() as server:
        assert "online" in server.call("GET", "/v2")["status"]
        assert server.end(signal.SIGTERM) == 0
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_quietly_when_told_to(number: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with SandboxServer() as server:
        assert server.end(number) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["drop_before", "drop_after"])
def test_a_dropped_request_ends_its_connection_and_no_other(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    with SandboxServer() as server:
        token = enlist(server)
        server.call("POST", "/_sandbox/faults", {"name": name, "next": 1, "action": "orbit"})
        bystander = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        bystander.request("GET", "/v2")
        bystander.getresponse().read()

        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            server.call("POST", f"{SHIP}/orbit", {}, token)

        bystander.request("GET", "/v2")
        assert bystander.getresponse().status == 200
        bystander.close()
        expected = "IN_ORBIT" if name == "drop_after" else "DOCKED"
        assert expected == server.call("GET", f"{SHIP}/nav", token=token)["data"]["status"]
    assert capfd.readouterr().err == ""


def test_a_client_that_leaves_in_the_middle_disturbs_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with SandboxServer("--no-rate-limit") as server:
        server.call("POST", "/_sandbox/faults", {"name": "latency", "next": 1, "seconds": 0.05})
        with socket.create_connection(("127.0.0.1", server.port)) as leaver:
            leaver.sendall(b"GET /v2 HTTP/1.1\r\nHost: x\r\n\r\n")
        entries: list[Any] = []
        while len(entries) < 1:
            entries = server.call("GET", "/_sandbox/log")["data"]
        assert entries[0]["fault"] == "latency"
        assert "online" in server.call("GET", "/v2")["status"]
        assert server.end(signal.SIGTERM) == 0
    assert capfd.readouterr().err == ""


def test_a_request_whose_body_never_came_is_not_carried_out() -> None:
    with SandboxServer() as server:
        token = enlist(server)
        head = f"POST {SHIP}/orbit HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n"
        with socket.create_connection(("127.0.0.1", server.port)) as leaver:
            leaver.sendall(head.encode() + b"{")

        assert server.call("GET", f"{SHIP}/nav", token=token)["data"]["status"] == "DOCKED"
        actions = [entry["action"] for entry in server.call("GET", "/_sandbox/log")["data"]]
        assert actions == ["register", "get_nav"]


def test_whatever_moment_the_kill_comes_what_was_answered_is_kept(tmp_path: Path) -> None:
    answered = []
    with SandboxServer("--no-rate-limit", "--data-dir", str(tmp_path)) as server:
        token = enlist(server)
        killer = threading.Timer(0.2, server.process.kill)
        with contextlib.suppress(OSError, http.client.HTTPException):
            for number in itertools.count():
                reply = server.call("POST", f"{SHIP}/{('orbit', 'dock')[number % 2]}", {}, token)
                answered.append(reply["data"]["nav"]["status"])
                # Not before there is an answer, which may take its time.
                if number == 0:
                    killer.start()
        killer.join()

    with SandboxServer("--no-rate-limit", "--data-dir", str(tmp_path)) as server:
        log = server.call("GET", "/_sandbox/log")["data"]
        status = server.call("GET", f"{SHIP}/nav", token=token)["data"]["status"]

    effects = [{"orbit": "IN_ORBIT", "dock": "DOCKED"}[entry["action"]] for entry in log[1:]]
    assert answered
    assert effects[: len(answered)] == answered
    assert len(effects) - len(answered) in (0, 1)
    assert status == effects[-1]


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    options = ("--no-rate-limit", "--time-scale", "1", "--data-dir", str(tmp_path), "--seed", "5")
    with SandboxServer(*options) as server:
        token = enlist(server)
        home = server.call("GET", "/v2/my/agent", token=token)["data"]["headquarters"]
        server.call("POST", f"{SHIP}/orbit", {}, token)
        gate = server.call("GET", f"/v2/systems/{home.rpartition('-')[0]}/waypoints?type=FUEL_STATION")["data"][0]
        flight = server.call("POST", f"{SHIP}/navigate", {"waypointSymbol": gate["symbol"]}, token)["data"]
        before = (
            server.call("GET", "/v2", token=token)["resetDate"],
            server.call("GET", "/v2/my/ships", token=token)["data"],
            server.call("GET", "/v2/my/agent", token=token)["data"],
        )
        log = server.call("GET", "/_sandbox/log")["data"]
        server.end(signal.SIGKILL)

    with SandboxServer(*options[:-2]) as server:
        after = (
            server.call("GET", "/v2", token=token)["resetDate"],
            server.call("GET", "/v2/my/ships", token=token)["data"],
            server.call("GET", "/v2/my/agent", token=token)["data"],
        )
        kept = server.call("GET", "/_sandbox/log")["data"]

    assert before == after
    assert flight["nav"]["route"] == after[1][0]["nav"]["route"]
    assert log == kept[: len(log)]
    assert list(range(1, len(kept) + 1)) == [entry["number"] for entry in kept]


def test_a_frozen_clock_is_frozen_after_the_restart(tmp_path: Path) -> None:
    with SandboxServer("--data-dir", str(tmp_path)) as server:
        before = server.call("POST", "/_sandbox/clock", {"freeze": True, "step_seconds": 1000})["data"]
        server.end(signal.SIGKILL)

    with SandboxServer("--data-dir", str(tmp_path)) as server:
        assert before == server.call("GET", "/_sandbox/clock")["data"]


def test_a_reset_survives_a_kill_and_its_seed_may_still_be_named(tmp_path: Path) -> None:
    with SandboxServer("--data-dir", str(tmp_path), "--seed", "3") as server:
        token = enlist(server)
        reset = server.call("POST", "/_sandbox/reset", {})["data"]
        server.end(signal.SIGKILL)

    with SandboxServer("--data-dir", str(tmp_path), "--seed", "3") as server:
        assert reset["resetDate"] == server.call("GET", "/v2")["resetDate"]
        assert server.call("GET", "/v2/my/agent", token=token)["error"]["code"] == 4113


def test_fresh_state_in_an_old_directory_gets_a_new_date(tmp_path: Path) -> None:
    dates = []
    for _ in range(2):
        with SandboxServer("--data-dir", str(tmp_path)) as server:
            dates.append(server.call("GET", "/v2")["resetDate"])
        for file in tmp_path.glob("sandbox.sqlite3*"):
            file.unlink()

    assert dates[0] < dates[1]


def test_two_servers_do_not_share_a_directory(tmp_path: Path) -> None:
    with SandboxServer("--data-dir", str(tmp_path)):
        second = run("--data-dir", str(tmp_path))

    assert (second.returncode, second.stdout) == (2, "")
    assert "does another sandbox run on it?" in second.stderr
    assert "Traceback" not in second.stderr


def test_another_seed_than_the_directorys_is_refused(tmp_path: Path) -> None:
    with SandboxServer("--data-dir", str(tmp_path), "--seed", "4"):
        pass

    refused = run("--data-dir", str(tmp_path), "--seed", "6")

    assert refused.returncode == 2
    assert "seed 4, not 6" in refused.stderr


def test_a_directory_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    refused = run("--data-dir", str(tmp_path / "file"))

    assert refused.returncode == 2
    assert "cannot use the data directory" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--time-scale", "0"), "a number above 0"),
        (("--time-scale", "fast"), "a number above 0"),
        (("--ships", "-1"), "0 to 1000"),
        (("--fault", "drop_after"), "NAME=P"),
        (("--fault", "drop_after=2"), "P from 0 to 1"),
        (("--fault", "universe_reset=0.1"), "drop_after"),
        (("--fault", "gremlins=0.1"), "drop_after"),
        (("--port", "70000"), "0 to 65535"),
        (("--seed", "-1"), "-1 is no seed"),
        (("--seed", "9" * 30), "is no seed: 0 to"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(options: tuple[str, ...], hint: str) -> None:
    refused = run(*options)

    assert refused.returncode == 2
    assert hint in refused.stderr


def test_options_reach_the_game() -> None:
    options = ("--time-scale", "7.5", "--account-token", "mine", "--ships", "3", "--fault", "rate_storm=0")
    with SandboxServer(*options) as server:
        born = server.call("POST", "/v2/register", {"symbol": "ACE", "faction": "VOID"}, token="mine")

        assert born["data"]["agent"]["shipCount"] == 5
        assert server.call("GET", "/_sandbox/clock")["data"]["time_scale"] == 7.5
        assert server.call("GET", "/_sandbox/faults")["data"][0]["name"] == "rate_storm"


def test_a_port_in_use_ends_with_a_word_about_it() -> None:
    with SandboxServer() as server:
        command = [sys.executable, "-m", "sandbox", "--port", str(server.port)]
        second = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)

    assert second.returncode != 0
    assert "address already in use" in second.stderr
    assert "Traceback" not in second.stderr


def test_many_requests_share_one_connection() -> None:
    with SandboxServer("--no-rate-limit") as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(200):
            connection.request("GET", "/v2/systems?limit=1")
            answer = connection.getresponse()
            assert (answer.status, len(json.loads(answer.read())["data"])) == (200, 1)
        connection.close()
