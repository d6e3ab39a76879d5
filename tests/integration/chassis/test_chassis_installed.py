"""What an installation holds: code, migrations and types, without a source tree around it."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).parents[3]
PACKAGES = ("protos", "pymediatr", "shared_kernel", "service_chassis", "player_service", "navigation_service")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel's content, built from a copy so that the source tree stays clean."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in (*PACKAGES, "routing_service", "cli", "sandbox"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source / name)
    wheel = ["pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", str(target), "."]
    subprocess.run([sys.executable, "-m", *wheel], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(target.glob("*.whl"))) as archive:
        archive.extractall(target)
    return target


@pytest.mark.parametrize("service", ["player_service", "navigation_service"])
def test_a_service_migrates_from_where_it_is_installed(installed: Path, tmp_path: Path, service: str) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "DATA_DIR": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
    }

    ran = subprocess.run(
        [sys.executable, "-m", service, "migrate"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )

    assert ran.returncode == 0, ran.stderr
    assert "up to date" in ran.stdout
    assert list(tmp_path.glob("*.sqlite3"))


def test_the_types_and_contracts_come_along(installed: Path) -> None:
    assert (installed / "pymediatr/py.typed").exists()
    assert (installed / "protos/player/v1/player_service_pb2.pyi").exists()
    assert (installed / "protos/player/v1/player_service.proto").exists()
