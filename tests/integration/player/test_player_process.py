"""The service as a process: how it starts, refuses to start, stops, and survives being killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1 import player_service_pb2_grpc as pb_grpc
from tests.fakes.player_sandbox import SandboxProcess

pytestmark = pytest.mark.e2e

START = [sys.executable, "-m", "player_service"]
KEPT = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "LANG")


def environment(directory: Path, **variables: str) -> dict[str, str]:
    """Nothing of ours but these."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"LISTEN_ADDRESS": "127.0.0.1:0", "DATA_DIR": str(directory), "LOG_FORMAT": "json"} | variables


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
def serving(directory: Path, **variables: str) -> Iterator[tuple[subprocess.Popen[str], pb_grpc.PlayerServiceStub]]:
    process = subprocess.Popen(START, env=environment(directory, **variables), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        ready = next(line for line in process.stderr if '"serving"' in line)
        port = ready.partition('"port": ')[2].partition(",")[0]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield process, pb_grpc.PlayerServiceStub(channel)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_tells_all_faults_of_its_settings_and_ends_with_2(tmp_path: Path) -> None:
    ended = run(tmp_path, LISTEN_ADDRESS="nowhere", GAME_API_URL="game", DATABASE_URL="postgresql://u@h/d")

    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    for name in ("LISTEN_ADDRESS", "GAME_API_URL", "TOKEN_ENCRYPTION_KEYS"):
        assert f"  {name}: " in ended.stderr


def test_refuses_arguments_that_it_does_not_know(tmp_path: Path) -> None:
    ended = run(tmp_path, "migrrate")

    assert ended.returncode == 2
    assert "python -m player_service migrate" in ended.stderr


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


def test_reseals_and_says_that_no_other_key_is_needed(tmp_path: Path) -> None:
    ended = run(tmp_path, "reseal")

    assert ended.returncode == 0
    assert ended.stdout.splitlines()[-1] == "no token needs the other keys"


def test_migrating_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    keys = "A" * 43 + "="

    ended = run(
        tmp_path, "migrate", DATABASE_URL="postgresql://user:pass-word@127.0.0.1:9/d", TOKEN_ENCRYPTION_KEYS=keys
    )

    assert ended.returncode == 1
    assert "DATABASE_URL" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "pass-word" not in ended.stderr


def test_a_registered_player_survives_a_kill_and_a_drained_process_ends_with_0(tmp_path: Path) -> None:
    with SandboxProcess("--no-rate-limit") as sandbox:
        token = sandbox.register("ACE")
        with serving(tmp_path, GAME_API_URL=sandbox.url) as (process, stub):
            player = stub.RegisterPlayer(pb.RegisterPlayerRequest(agent_symbol="ACE", token=token), timeout=60).player
            process.send_signal(signal.SIGKILL)
            process.wait()

        with serving(tmp_path, GAME_API_URL=sandbox.url) as (process, stub):
            found = stub.GetPlayer(pb.GetPlayerRequest(agent_symbol="ACE"), timeout=60).player
            kept = stub.GetAgentToken(pb.GetAgentTokenRequest(agent_symbol="ACE"), timeout=60)
            process.send_signal(signal.SIGTERM)
            code = process.wait(90)

    assert found == player
    assert kept.token == token
    assert code == 0
