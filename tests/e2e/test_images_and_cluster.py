"""Images by a container engine and the overlay on a cluster: where there is one, else skipped with the reason."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.stack import eventually

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
BASE_IMAGE = "python:3.11-slim"
# Whoever sets it says that the cluster may be used up for this, and has loaded the images into its nodes.
CONTEXT = os.environ.get("FLEET_TEST_KUBE_CONTEXT", "")


def _answers(*command: str, seconds: float) -> bool:
    if shutil.which(command[0]) is None:
        return False
    try:
        return subprocess.run(command, capture_output=True, timeout=seconds).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@pytest.fixture(scope="module", params=["docker", "podman"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each container engine that answers and has what the images are built from."""
    name = str(request.param)
    if not _answers(name, "info", seconds=10):
        pytest.skip(f"{name} does not answer here: no image is built with it")
    if not (
        _answers(name, "image", "inspect", BASE_IMAGE, seconds=10) or _answers(name, "pull", BASE_IMAGE, seconds=300)
    ):
        pytest.skip(f"{name} cannot get {BASE_IMAGE}: no image is built with it")
    return name


@pytest.fixture(scope="module")
def image(engine: str) -> Iterator[str]:
    tag = f"player-service:test-{os.getpid()}"
    arguments = ["-f", "deploy/docker/Dockerfile", "--build-arg", "SERVICE=player_service", "-t", tag, "."]
    subprocess.run([engine, "build", *arguments], cwd=ROOT, check=True, timeout=900)
    yield tag
    subprocess.run([engine, "rmi", "-f", tag], capture_output=True)


def test_an_image_serves_from_a_read_only_file_system_and_drains(engine: str, image: str) -> None:
    run = [engine, "run", "--detach", "--read-only", "--volume", "/data"]
    settings = ["--env", "INSECURE_PLAINTEXT_ON_NETWORK=true", "--env", "LISTEN_ADDRESS=0.0.0.0:50051"]
    started = subprocess.run([*run, *settings, image], check=True, capture_output=True, text=True)
    container = started.stdout.strip()
    try:
        eventually(lambda: '"serving"' in _logs(engine, container), 30, "the container serves")
        subprocess.run([engine, "stop", container], check=True, capture_output=True)
        state = [engine, "inspect", "--format", "{{.State.ExitCode}}", container]
        assert subprocess.run(state, check=True, capture_output=True, text=True).stdout.strip() == "0"
    finally:
        subprocess.run([engine, "rm", "--force", "--volumes", container], capture_output=True)


def _logs(engine: str, container: str) -> str:
    said = subprocess.run([engine, "logs", container], capture_output=True, text=True)
    return said.stdout + said.stderr


@pytest.mark.skipif(not CONTEXT, reason="FLEET_TEST_KUBE_CONTEXT names no cluster that may be used up for this")
def test_one_apply_makes_a_fleet_of_an_empty_cluster() -> None:
    def kubectl(*arguments: str) -> str:
        command = ["kubectl", "--context", CONTEXT, *arguments]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout

    kubectl("apply", "-k", "deploy/kubernetes/overlays/local")
    try:
        kubectl("-n", "spacetraders", "wait", "--for=condition=complete", "job/first-flight", "--timeout=600s")
        assert "completed" in kubectl("-n", "spacetraders", "logs", "job/first-flight")
    finally:
        kubectl("delete", "-k", "deploy/kubernetes/overlays/local", "--wait=false")
