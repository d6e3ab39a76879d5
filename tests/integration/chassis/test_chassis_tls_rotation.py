"""Certificates, authorities and lists of revoked ones that change while servers and channels go on."""

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import grpc
import structlog

from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.rotating_channel import RotatingChannel
from service_chassis.server import ServerOptions
from service_chassis.tls import Rotating, TlsFiles, channel_credentials
from tests.fakes.certificates import Identities
from tests.fakes.chassis_service import (
    eventually,
    serving,
)
from tests.fakes.chassis_tls import (
    ACCESS,
    handshakes,
    options,
    outcome,
    outcome_on,
    refusal,
)


async def test_refuses_a_revoked_certificate_as_soon_as_the_list_has_it(identities: Identities) -> None:
    files = replace(identities.of("player"), revoked=identities.revoke("operator"))
    async with serving(ServerOptions("127.0.0.1:0", drain_seconds=0.5, tls=files, access=ACCESS)) as service:
        assert await outcome(service.server, identities.of("navigation")) is None
        assert (await refusal(service.server, identities.of("operator"))).code is grpc.StatusCode.UNAVAILABLE
        assert handshakes(service, "revoked")

        identities.revoke("navigation")
        async with asyncio.timeout(30):
            while await outcome(service.server, identities.of("navigation")) is None:
                pass


async def test_a_renewed_server_certificate_is_shown_to_new_connections(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        before = await asyncio.to_thread(_certificate_of, service.server.port)
        identities.renew("player")
        await _until(lambda: _certificate_of(service.server.port) != before)
        assert await outcome(service.server, identities.of("navigation")) is None


async def test_an_authority_is_changed_by_trusting_both_for_a_while(identities: Identities, tmp_path: Path) -> None:
    successor = Identities(tmp_path / "successor")
    newcomer = successor.of("navigation")
    trusted = identities.of("player").authorities
    async with serving(options(identities)) as service:
        early = TlsFiles(trusted, newcomer.certificate, newcomer.key)
        assert (await refusal(service.server, early)).code is grpc.StatusCode.UNAVAILABLE

        trusted.write_bytes(trusted.read_bytes() + newcomer.authorities.read_bytes())
        async with asyncio.timeout(30):
            while await outcome(service.server, early) is not None:
                pass

        assert await outcome(service.server, identities.of("navigation")) is None


async def test_half_written_certificates_change_nothing(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        files = identities.of("player")
        assert files.certificate is not None
        before = await asyncio.to_thread(_certificate_of, service.server.port)
        files.certificate.write_bytes(files.certificate.read_bytes()[:100])
        with structlog.testing.capture_logs() as logs:
            await _until(lambda: bool(_certificate_of(service.server.port)) and bool(logs))

        assert await asyncio.to_thread(_certificate_of, service.server.port) == before
        assert logs[0]["event"] == "new certificates cannot be used; the old ones stay"
        assert str(files.certificate) in logs[0]["cause"]


async def test_a_channel_goes_on_with_renewed_certificates_and_lets_old_calls_end(identities: Identities) -> None:
    now = 0.0
    files = identities.expired("navigation")
    async with serving(options(identities)) as service:
        credentials = Rotating(files, channel_credentials, lambda: now)
        target, opened = f"localhost:{service.server.port}", list[grpc.aio.Channel]()

        def open_with(chosen: grpc.ChannelCredentials) -> grpc.aio.Channel:
            opened.append(grpc.aio.secure_channel(target, chosen))
            return opened[-1]

        async with RotatingChannel(credentials, open_with) as channel:
            stub = PlayerServiceStub(channel)
            assert (await outcome_on(channel)) is not None
            _replace(files, identities.of("navigation"))
            now = 2.0

            begun, may_end = asyncio.Event(), asyncio.Event()

            async def slow(_request: object) -> None:
                begun.set()
                await may_end.wait()

            service.players.script = slow
            old_call = asyncio.ensure_future(stub.GetPlayer(player_pb.GetPlayerRequest(player_id=1), timeout=30))
            await begun.wait()
            _replace(files, identities.renew("navigation"))
            now = 4.0
            service.players.script = _at_once
            assert await outcome_on(channel) is None
            assert opened[1].get_state() is grpc.ChannelConnectivity.READY
            may_end.set()
            await old_call
            await eventually(lambda: opened[1].get_state() is grpc.ChannelConnectivity.SHUTDOWN)

    assert len(opened) == 3


def _certificate_of(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - files do not tell, they are looked at
            await asyncio.sleep(0.1)


async def _at_once(_request: object) -> None:
    return None


def _replace(files: TlsFiles, by: TlsFiles) -> None:
    for old, new in ((files.certificate, by.certificate), (files.key, by.key)):
        assert old is not None
        assert new is not None
        old.write_bytes(new.read_bytes())
