"""A flight with TLS between all who take part in it, each under its own name."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.certificates.make_test_ca import main as make_certificates
from service_chassis.tls import TlsFiles
from tests.e2e.conftest import QUICK
from tests.e2e.journeys import State, assert_flown_once, enlist, navigate, trip_with_a_refuel, wait_for_end
from tests.e2e.stack import Stack, running_stack
from tests.fakes.certificates import Identities, environment_of

pytestmark = pytest.mark.e2e

GET_TOKEN = "spacetraders.player.v1.PlayerService/GetAgentToken"


def test_a_ship_flies_while_everybody_shows_a_certificate(tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    assert make_certificates(["--out", str(folder)]) == 0
    identities = Identities(folder)
    options = ("--time-scale", "600", "--no-rate-limit")
    environment = {**QUICK, "GAME_TIME_SCALE": "600", "GAME_REQUESTS_PER_SECOND": "0", "GAME_BURST": "0"}
    with running_stack(tmp_path, sandbox_options=options, environment=environment, identities=identities) as stack:
        trip = trip_with_a_refuel(stack, f"{enlist(stack)}-1")
        voyage = wait_for_end(stack, navigate(stack, trip))

        assert voyage.state == State.STATE_COMPLETED
        assert_flown_once(stack.game_log(trip.ship_symbol), trip)
        assert trip.ship_symbol in listed_ships(stack, identities.of("operator"))
        assert "PermissionDenied" in asked_for_the_token(stack, identities.of("operator"))
        assert "Unauthenticated" in asked_for_the_token(stack, identities.anonymous)
        assert '"token"' in asked_for_the_token(stack, identities.of("navigation"))


def listed_ships(stack: Stack, files: TlsFiles) -> str:
    """What the command line says, called as the owner of these files."""
    addresses = {f"{name.upper()}_ADDRESS": stack.address(name) for name in ("player_service", "navigation_service")}
    return subprocess.run(
        [sys.executable, "-m", "cli", "ship", "list"],
        env={**os.environ, **addresses, **environment_of(files)},
        capture_output=True,
        text=True,
        check=True,
        timeout=180,
    ).stdout


def asked_for_the_token(stack: Stack, files: TlsFiles) -> str:
    """What grpcurl says, called as the owner of these files."""
    ours = ["-cert", str(files.certificate), "-key", str(files.key)] if files.certificate else []
    protos = ["-import-path", str(Path(__file__).parents[2]), "-proto", "protos/player/v1/player_service.proto"]
    ended = subprocess.run(
        [
            str(Path(sys.executable).with_name("grpcurl")),
            *("-cacert", str(files.authorities), *ours, *protos),
            *("-d", '{"agent_symbol": "JOURNEY"}', stack.address("player_service"), GET_TOKEN),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return ended.stdout + ended.stderr
