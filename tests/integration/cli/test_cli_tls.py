"""The command line with certificates, against a server that wants them, and every way to get that wrong."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from cli.certificates import Certificates
from cli.exit_codes import ExitCode
from cli.mismatch import find_mismatch
from protos.player.v1.player_service_pb2_grpc import add_PlayerServiceServicer_to_server
from service_chassis.server import ServerOptions
from service_chassis.tls import TlsFiles
from tests.fakes.certificates import Identities, environment_of
from tests.fakes.chassis_service import scripted_server
from tests.fakes.cli_player_service import FakePlayerService
from tests.integration.cli.conftest import Spacetraders


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


@contextmanager
def secured(files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A player service that wants a client certificate; its address is in the environment."""
    assert files.key is not None
    assert files.certificate is not None
    pair = (files.key.read_bytes(), files.certificate.read_bytes())
    server = grpc.server(ThreadPoolExecutor(max_workers=2))
    players = FakePlayerService()
    players.add("ASTRA")
    add_PlayerServiceServicer_to_server(players, server)
    credentials = grpc.ssl_server_credentials([pair], files.authorities.read_bytes(), require_client_auth=True)
    address = f"127.0.0.1:{server.add_secure_port('127.0.0.1:0', credentials)}"
    server.start()
    monkeypatch.setenv("PLAYER_SERVICE_ADDRESS", address)
    try:
        yield address
    finally:
        server.stop(None).wait()


def options_of(files: TlsFiles) -> list[str]:
    given = {"--tls-ca": files.authorities, "--tls-cert": files.certificate, "--tls-key": files.key}
    return [word for option, path in given.items() if path is not None for word in (option, str(path))]


def test_shows_its_certificate(
    spacetraders: Spacetraders, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secured(identities.of("player"), monkeypatch):
        by_options = spacetraders(*options_of(identities.of("operator")), "player", "list")
        for name, value in environment_of(identities.of("operator")).items():
            monkeypatch.setenv(name, value)
        by_environment = spacetraders("player", "list")

    for outcome in (by_options, by_environment):
        assert outcome.code == ExitCode.OK, outcome.err
        assert "ASTRA" in outcome.out


def test_says_that_the_service_speaks_tls(
    spacetraders: Spacetraders, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secured(identities.of("player"), monkeypatch) as address:
        outcome = spacetraders("player", "list")

    assert outcome.code == ExitCode.UNREACHABLE
    assert f"the player service at {address} speaks TLS" in outcome.err
    assert "--tls-ca" in outcome.err


def test_says_that_the_service_speaks_plain_text(spacetraders: Spacetraders, identities: Identities) -> None:
    outcome = spacetraders(*options_of(identities.of("operator")), "player", "list")

    assert outcome.code == ExitCode.UNREACHABLE
    assert "speaks plain text, and this command TLS" in outcome.err


def test_says_that_the_services_certificate_is_not_to_be_trusted(
    spacetraders: Spacetraders, identities: Identities, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with secured(Identities(tmp_path / "elsewhere").of("player"), monkeypatch):
        outcome = spacetraders(*options_of(identities.of("operator")), "player", "list")

    assert outcome.code == ExitCode.UNREACHABLE
    assert "shows a certificate that is not to be trusted" in outcome.err
    assert "TLS_CA_FILE" in outcome.err


def test_says_that_the_service_refuses_our_certificate(
    spacetraders: Spacetraders, identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    with secured(identities.of("player"), monkeypatch):
        outcome = spacetraders(*options_of(identities.expired("operator")), "player", "list")

    assert outcome.code == ExitCode.UNREACHABLE
    assert "refuses our certificate" in outcome.err


async def test_says_that_a_service_of_ours_refuses_our_certificate(identities: Identities) -> None:
    server, _, _ = scripted_server(ServerOptions("127.0.0.1:0", tls=identities.of("player"), drain_seconds=0.1))
    await server.start()
    files = identities.expired("operator")
    ours = Certificates(files.authorities, files.certificate, files.key)

    found = await find_mismatch("player service", f"127.0.0.1:{server.port}", ours)
    await server.drain()

    assert found is not None
    assert "refuses our certificate" in found.message


def test_options_that_need_each_other_are_asked_for(spacetraders: Spacetraders, identities: Identities) -> None:
    files = identities.of("operator")

    lonely = spacetraders("--tls-ca", str(files.authorities), "--tls-cert", str(files.certificate), "player", "list")
    trusting_nobody = spacetraders("--tls-cert", str(files.certificate), "--tls-key", str(files.key), "player", "list")

    assert (lonely.code, trusting_nobody.code) == (ExitCode.USAGE, ExitCode.USAGE)
    assert "--tls-key (TLS_KEY_FILE) is missing" in lonely.err
    assert "--tls-ca (TLS_CA_FILE) is missing" in trusting_nobody.err


def test_names_the_file_that_is_no_good(spacetraders: Spacetraders, tmp_path: Path) -> None:
    outcome = spacetraders("--tls-ca", str(tmp_path / "nowhere.crt"), "player", "list")

    assert outcome.code == ExitCode.USAGE
    assert "nowhere.crt cannot be read" in outcome.err
