"""Images hold what their service needs, at the versions that the tests ran with, and nothing of the others."""

import re
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from cli import __version__
from tests.e2e.image_tree import ImageTree
from tests.fakes.rendered_manifests import containers, pods

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()
# What an image holds, by the extra of pyproject.toml that asks for its dependencies.
IMAGES = {
    "player": "player_service",
    "navigation": "navigation_service",
    "routing": "routing_service",
    "sandbox": "sandbox",
    "cli": "cli",
}
PIN = re.compile(r"^(?P<name>[a-z0-9._-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
FOREIGN = {
    "player": {"ortools", "numpy", "numba", "typer", "starlette", "pytest"},
    "navigation": {"ortools", "numpy", "numba", "typer", "starlette", "pytest", "cryptography"},
    "routing": {"sqlalchemy", "alembic", "requests", "typer", "starlette", "pytest", "cryptography"},
    "sandbox": {"grpcio", "protobuf", "sqlalchemy", "requests", "pytest"},
    "cli": {"sqlalchemy", "alembic", "requests", "ortools", "starlette", "pytest", "cryptography"},
}


def pins(lock: Path) -> dict[str, str]:
    return {match["name"]: match["version"] for match in PIN.finditer(lock.read_text())}


def hashes(lock: Path) -> dict[str, set[str]]:
    parts = re.split(r"^(?=\S)", lock.read_text(), flags=re.MULTILINE)
    return {part.split("==")[0]: set(re.findall(r"sha256:[0-9a-f]{64}", part)) for part in parts if "==" in part}


def lock_of(extra: str) -> Path:
    return ROOT / f"deploy/docker/{IMAGES[extra]}.lock"


def asked_for(extra: str) -> set[str]:
    """The names that pyproject.toml asks for by an extra, its own extras followed; the sandbox stands alone."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    def names(requirements: list[str]) -> set[str]:
        found: set[str] = set()
        for requirement in requirements:
            match = re.match(r"([A-Za-z0-9_-]+)(?:\[([^\]]*)\])?", requirement)
            assert match is not None
            if match[1] != project["name"]:
                found.add(match[1].lower())
                continue
            for other in match[2].split(","):
                found |= names(project["optional-dependencies"][other])
        return found

    own = names(project["optional-dependencies"][extra])
    return own if extra == "sandbox" else own | names(project["dependencies"])


@pytest.mark.parametrize("extra", IMAGES)
def test_an_image_is_pinned_to_the_versions_and_hashes_that_the_tests_ran_with(extra: str) -> None:
    lock, whole = lock_of(extra), ROOT / "requirements.lock"

    assert pins(lock).items() <= pins(whole).items()
    assert hashes(lock).items() <= hashes(whole).items()


@pytest.mark.parametrize("extra", IMAGES)
def test_an_image_gets_all_that_it_asks_for_and_nothing_of_the_others(extra: str) -> None:
    installed = pins(lock_of(extra)).keys()

    assert asked_for(extra) <= installed
    assert not FOREIGN[extra] & installed


@pytest.mark.parametrize("program", IMAGES.values())
def test_every_source_that_the_dockerfile_copies_exists_and_is_let_in(program: str) -> None:
    sources = [line.split()[1] for line in DOCKERFILE.splitlines() if re.match(r"COPY (?!--from)", line)]
    let_in = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]

    assert len(sources) >= 6
    for source in (source.replace("${SERVICE}", program) for source in sources):
        assert (ROOT / source).exists()
        assert any(fnmatch(source, pattern) for pattern in let_in)


@pytest.mark.parametrize("unsupported", [r"<<\s*[\"']?[A-Z]", r"--link", r"^FROM .*@sha256"])
def test_older_builders_understand_the_dockerfile(unsupported: str) -> None:
    assert not re.search(unsupported, DOCKERFILE, re.MULTILINE)


def test_the_image_runs_as_nobody_special() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)

    assert users == ["10001:10001"]


def test_no_lock_names_a_registry() -> None:
    for lock in [*ROOT.glob("*.lock"), *ROOT.glob("deploy/docker/*.lock")]:
        assert not re.search(r"https?://|file:|--\w*index|--find-links", lock.read_text()), lock.name


def test_the_grpc_packages_move_together() -> None:
    versions: dict[str, Any] = pins(ROOT / "requirements.lock")
    family = {name: version for name, version in versions.items() if re.fullmatch(r"grpcio(-\w+)*", name)}

    assert len(family) == 5
    assert len(set(family.values())) == 1


def test_the_command_line_in_an_image_says_its_version(tmp_path: Path) -> None:
    image = ImageTree("cli", tmp_path / "image")
    command = [*image.python, "-m", image.program, "--version"]

    said = subprocess.run(command, env=image.environment(), cwd=tmp_path, capture_output=True, text=True, check=True)

    assert said.stdout == f"spacetraders {__version__}\n"


def test_production_runs_the_present_version() -> None:
    images = {container["image"] for _, pod in pods("production") for container in containers(pod)}

    assert {image.partition(":")[2] for image in images} == {__version__}
