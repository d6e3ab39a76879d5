"""The service as a process: how it starts, refuses to start, and stops."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2_grpc as pb_grpc

pytestmark = pytest.mark.e2e

START = [sys.executable, "-m", "navigation_service"]
KEPT = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "LANG")


def environment(directory: Path, **variables: str) -> dict[str, str]:
    """Nothing of ours but these. The services and the game are nowhere."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    nowhere = dict.fromkeys(("PLAYER_SERVICE_ADDRESS", "ROUTING_SERVICE_ADDRESS"), "127.0.0.1:9")
    ours = {"LISTEN_ADDRESS": "127.0.0.1:0", "DATA_DIR": str(directory), "LOG_FORMAT": "json"}
    return kept | nowhere | ours | {"GAME_API_URL": "http://127.0.0.1:9/v2"} | variables


def run(directory: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*START, *arguments],
        env=environment(directory, **variables),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@contextmanager
def serving(directory: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The process and its port, once it serves."""
    process = subprocess.Popen(START, env=environment(directory, **variables), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield process, json.loads(next(line for line in process.stderr if '"serving"' in line))["port"]
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_names_all_bad_variables_without_a_traceback(tmp_path: Path) -> None:
    ended = run(tmp_path, LISTEN_ADDRESS="x", GAME_API_URL="x", VOYAGE_LEASE_SECONDS="1")

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    for name in ("LISTEN_ADDRESS", "GAME_API_URL", "VOYAGE_LEASE_SECONDS"):
        assert f"  {name}: " in ended.stderr


def test_refuses_arguments_that_it_does_not_know(tmp_path: Path) -> None:
    ended = run(tmp_path, "migrrate")

    assert ended.returncode == 2
    assert "python -m navigation_service migrate" in ended.stderr


def test_says_what_is_wrong_with_a_directory_that_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    ended = run(tmp_path / "file" / "below")

    assert ended.returncode == 1
    assert "DATA_DIR" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_migrates_and_may_do_so_again(tmp_path: Path) -> None:
    for _ in range(2):
        ended = run(tmp_path, "migrate")
        assert (ended.returncode, ended.stdout) == (0, "the database is up to date\n")


def test_migrating_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    ended = run(tmp_path, "migrate", DATABASE_URL="postgresql://user:pass-word@127.0.0.1:9/d")

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "pass-word" not in ended.stderr


def test_one_process_has_a_sqlite_file_to_itself(tmp_path: Path) -> None:
    with serving(tmp_path) as (first, _):
        second = run(tmp_path)

        assert second.returncode == 1
        assert f"another navigation service (process {first.pid}) uses" in second.stderr
        assert "Traceback" not in second.stderr
        first.send_signal(signal.SIGKILL)
        first.wait()

    with serving(tmp_path) as (third, _):
        assert third.poll() is None


def test_starts_without_the_other_services_names_them_and_ends_with_0(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = pb_grpc.NavigationServiceStub(channel)
        with pytest.raises(grpc.RpcError, match="player service") as raised:
            stub.GetShip(pb.GetShipRequest(ship_symbol="ACE-1"), timeout=60)
        process.send_signal(signal.SIGTERM)

        assert process.wait(90) == 0

    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE
