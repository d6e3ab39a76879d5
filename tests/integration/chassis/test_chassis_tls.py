"""TLS through the real door: who gets in, as whom, and what happens when certificates change."""

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceStub
from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis import tls_listener
from service_chassis.admission import Lane
from service_chassis.channels import open_channel
from service_chassis.health import HealthServicer
from service_chassis.rotating_channel import RotatingChannel
from service_chassis.server import GrpcServer, ServerOptions
from service_chassis.startup import StartupError
from service_chassis.status import RemoteError, remote_error
from service_chassis.tls import Rotating, TlsFiles, channel_credentials
from service_chassis.tls_listener import HANDSHAKE_OUTCOMES, TlsListener
from tests.fakes.certificates import Identities
from tests.fakes.chassis_service import (
    NAVIGATION_SERVICE,
    PLAYER_SERVICE,
    Serving,
    eventually,
    scripted_server,
    serving,
)

SERVICES: list[ServiceDescriptor] = [
    player_pb.DESCRIPTOR.services_by_name["PlayerService"],
    navigation_pb.DESCRIPTOR.services_by_name["NavigationService"],
]
ACCESS = {
    "navigation": frozenset({f"/{PLAYER_SERVICE}/GetPlayer"}),
    "operator": frozenset({f"/{NAVIGATION_SERVICE}/WatchVoyage", f"/{PLAYER_SERVICE}/RegisterPlayer"}),
}


@pytest.fixture
def identities(tmp_path: Path) -> Identities:
    return Identities(tmp_path)


def options(identities: Identities, address: str = "127.0.0.1:0", **more: Any) -> ServerOptions:
    return ServerOptions(address, drain_seconds=0.5, tls=identities.of("player"), access=ACCESS, **more)


def listener_of(service: Serving) -> TlsListener:
    assert service.server._listener is not None
    return service.server._listener


@asynccontextmanager
async def channel_to(server: GrpcServer, files: TlsFiles | None) -> AsyncIterator[grpc.aio.Channel]:
    async with open_channel(f"127.0.0.1:{server.port}", services=SERVICES, default_timeout=3.0, tls=files) as channel:
        yield channel


async def outcome(server: GrpcServer, files: TlsFiles | None) -> RemoteError | None:
    """How GetPlayer ends for the owner of these files; None for well."""
    async with channel_to(server, files) as channel:
        return await _outcome_on(channel)


async def _outcome_on(channel: grpc.aio.Channel) -> RemoteError | None:
    try:
        await PlayerServiceStub(channel).GetPlayer(player_pb.GetPlayerRequest(player_id=1))
    except grpc.aio.AioRpcError as error:
        return remote_error(error)
    return None


async def refusal(server: GrpcServer, files: TlsFiles | None) -> RemoteError:
    error = await outcome(server, files)
    assert error is not None
    return error


async def test_lets_an_identity_call_what_the_table_says(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        assert await outcome(service.server, identities.of("navigation")) is None


async def test_names_the_identity_that_may_not_call_a_method(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        error = await refusal(service.server, identities.of("operator/jane"))

    assert error.code is grpc.StatusCode.PERMISSION_DENIED
    assert error.reason == "CALLER_NOT_ALLOWED"
    assert error.metadata == {"identity": "operator/jane", "method": f"/{PLAYER_SERVICE}/GetPlayer"}
    assert "navigation may" in error.message


async def test_refuses_by_default_what_is_in_no_row_of_the_table(identities: Identities) -> None:
    async with (
        serving(options(identities)) as service,
        channel_to(service.server, identities.of("operator")) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await PlayerServiceStub(channel).DeletePlayer(player_pb.DeletePlayerRequest(player_id=1))

    assert raised.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "nobody may" in str(raised.value.details())


async def test_asks_a_caller_without_a_certificate_for_one(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        error = await refusal(service.server, identities.anonymous)

    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, "NO_CLIENT_CERTIFICATE")


@pytest.mark.parametrize(
    "names",
    [
        (),
        ("spiffe://elsewhere/navigation",),
        ("https://spacetraders/navigation",),
        ("spiffe://spacetraders/navigation", "spiffe://spacetraders/operator"),
        ("spiffe://spacetraders/navigation?as=operator",),
    ],
    ids=["no name", "another trust domain", "no SPIFFE ID", "two names", "a query"],
)
async def test_takes_a_certificate_that_names_nobody_of_ours_for_nobodys(
    identities: Identities, names: tuple[str, ...]
) -> None:
    async with serving(options(identities)) as service:
        error = await refusal(service.server, identities.named(*names))

    assert (error.code, error.reason) == (grpc.StatusCode.UNAUTHENTICATED, "UNKNOWN_IDENTITY")


async def test_shakes_no_hands_over_expired_and_foreign_certificates(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        with structlog.testing.capture_logs() as logs:
            expired = await refusal(service.server, identities.expired("navigation"))
            foreign = await refusal(service.server, identities.foreign("navigation"))

    assert expired.code is foreign.code is grpc.StatusCode.UNAVAILABLE
    causes = {line["cause"] for line in logs if line["event"] == "TLS handshake failed"}
    assert "certificate has expired" in causes
    assert len(causes) >= 2, "the log says what was wrong with the other one, too"


async def test_counts_handshakes_by_how_they_went(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        await outcome(service.server, identities.of("navigation"))
        await refusal(service.server, identities.expired("navigation"))
        await refusal(service.server, identities.foreign("navigation"))
        # gRPC's own clients leave without a word.
        stranger = str(Identities(identities.directory / "elsewhere").anonymous.authorities)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", service.server.port), ca_certs=stranger)
        await eventually(lambda: bool(_handshakes(service, "refused")))
        await _knock(service.server.port, b"GET / HTTP/1.1\r\n\r\n")
        await _knock(service.server.port, b"")
        counted = {name for name in HANDSHAKE_OUTCOMES if _handshakes(service, name)}

    assert counted == {"ok", "expired", "unknown_ca", "refused", "wrong_protocol", "left"}
    assert _handshakes(service, "ok") == 1


async def test_refuses_a_revoked_certificate_as_soon_as_the_list_has_it(identities: Identities) -> None:
    files = replace(identities.of("player"), revoked=identities.revoke("operator"))
    async with serving(ServerOptions("127.0.0.1:0", drain_seconds=0.5, tls=files, access=ACCESS)) as service:
        assert await outcome(service.server, identities.of("navigation")) is None
        assert (await refusal(service.server, identities.of("operator"))).code is grpc.StatusCode.UNAVAILABLE
        assert _handshakes(service, "revoked")

        identities.revoke("navigation")
        async with asyncio.timeout(10):
            while await outcome(service.server, identities.of("navigation")) is None:
                pass


async def test_knows_identities_of_its_own_trust_domain_alone(identities: Identities) -> None:
    async with serving(options(identities, trust_domain="fleet.example")) as service:
        assert await outcome(service.server, identities.named("spiffe://fleet.example/navigation")) is None
        error = await refusal(service.server, identities.of("navigation"))

    assert error.reason == "UNKNOWN_IDENTITY"
    assert "spiffe://fleet.example/IDENTITY" in error.message


async def test_does_not_wait_for_a_caller_that_says_nothing(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_HANDSHAKE_SECONDS", 0.05)
    async with serving(options(identities)) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
        assert await reader.read() == b""
        writer.close()
        assert _handshakes(service, "timeout") == 1
        assert not listener_of(service)._open


async def test_who_is_longest_at_a_handshake_makes_room_for_others(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_MAX_HANDSHAKES", 3)
    async with serving(options(identities)) as service:
        silent = [await asyncio.open_connection("127.0.0.1", service.server.port) for _ in range(3)]
        await eventually(lambda: len(listener_of(service)._shaking) == 3)

        assert await outcome(service.server, identities.of("navigation")) is None

        assert await silent[0][0].read() == b""
        assert len(listener_of(service)._shaking) == 2
        for _, writer in silent:
            writer.close()


async def test_callers_without_a_certificate_leave_room_for_those_with_one(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_MAX_STRANGERS", 1)
    async with serving(options(identities)) as service:
        trusting = ssl.create_default_context(cafile=str(identities.anonymous.authorities))
        _, writer = await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
        await eventually(lambda: bool(listener_of(service).callers))

        late, late_writer = await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
        assert await late.read() == b""
        assert await outcome(service.server, identities.of("navigation")) is None
        for each in (writer, late_writer):
            each.close()


async def test_does_not_talk_to_a_server_with_a_foreign_certificate(identities: Identities, tmp_path: Path) -> None:
    stranger = Identities(tmp_path / "elsewhere")

    async with serving(options(stranger)) as service:
        error = await refusal(service.server, identities.of("navigation"))

    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert "CERTIFICATE_VERIFY_FAILED" in error.message


async def test_plain_text_does_not_get_through_to_a_server_with_tls(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        error = await refusal(service.server, None)

    assert error.code is grpc.StatusCode.UNAVAILABLE


async def test_knows_nobody_who_comes_by_the_inner_door(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        assert await _outcome_on(near) is None
        [peer] = listener_of(service).callers
        inner_port = listener_of(service)._inner_port
        async with grpc.aio.insecure_channel(f"127.0.0.1:{inner_port}") as inner:
            error = await _outcome_on(inner)

    assert peer.startswith("ipv4:127.0.0.1:")
    assert error is not None
    assert error.reason == "NO_CLIENT_CERTIFICATE"


async def test_answers_do_not_wait_for_the_caller_to_have_read_the_one_before(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        assert await _outcome_on(near) is None
        [end] = listener_of(service)._open
        assert end.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_forgets_callers_that_left(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        callers = listener_of(service).callers
        trusting = ssl.create_default_context(cafile=str(identities.anonymous.authorities))
        _, writer = await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
        await eventually(lambda: bool(callers))
        writer.close()
        await eventually(lambda: not callers)


async def test_noise_leaves_nothing_behind_and_little_in_the_log(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        listener = listener_of(service)
        with structlog.testing.capture_logs() as logs:
            for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(300), b"\xff" * 5_000) * 20:
                _, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
                writer.write(noise)
                writer.close()
            # One task accepts.
            await eventually(lambda: len(listener._tasks) == 1 and not listener._open)

        assert not listener.callers
        assert not listener._open
        assert len(logs) < 10
        assert await outcome(service.server, identities.of("navigation")) is None


@pytest.mark.parametrize(
    "noise", [b"\xff" * 100_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 5_000, b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_noise_under_tls_is_hung_up_on_and_leaves_nothing_behind(identities: Identities, noise: bytes) -> None:
    async with serving(options(identities)) as service:
        trusting = ssl.create_default_context(cafile=str(identities.anonymous.authorities))
        reader, writer = await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
        writer.write(noise)
        async with asyncio.timeout(5):
            with suppress(ConnectionError):
                while await reader.read(10_000):
                    pass
        writer.close()
        await eventually(lambda: not listener_of(service)._open and not listener_of(service).callers)


async def test_a_caller_that_stops_in_the_middle_of_a_record_leaves_nothing_behind(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        trusting = ssl.create_default_context(cafile=str(identities.anonymous.authorities))
        _, writer = await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
        await eventually(lambda: bool(listener_of(service).callers))
        plain = writer.get_extra_info("socket")
        os.write(plain.fileno(), b"\x17\x03\x03\x40\x00half")
        writer.transport.abort()
        await eventually(lambda: not listener_of(service)._open and not listener_of(service).callers)


async def test_health_is_watched_by_so_many_and_the_others_are_told_to_do_without() -> None:
    servicer = HealthServicer(["a"], most_watches=1)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        first = aiter(stub.Watch(health_pb2.HealthCheckRequest(), timeout=5))
        await anext(first)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await anext(aiter(stub.Watch(health_pb2.HealthCheckRequest(), timeout=5)))
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=5)
    await server.stop(None)

    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert answer.status == health_pb2.HealthCheckResponse.NOT_SERVING


async def test_health_is_open_to_everybody(identities: Identities) -> None:
    async with (
        serving(options(identities, health_address="127.0.0.1:0")) as service,
        channel_to(service.server, identities.anonymous) as secured,
        grpc.aio.insecure_channel(f"127.0.0.1:{service.server.health_port}") as plain,
    ):
        for channel in (secured, plain):
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=3)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_port_for_probes_has_nothing_but_health(identities: Identities) -> None:
    async with (
        serving(options(identities, health_address="127.0.0.1:0")) as service,
        grpc.aio.insecure_channel(f"127.0.0.1:{service.server.health_port}") as plain,
    ):
        error = await _outcome_on(plain)

    assert error is not None
    assert error.code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize(
    ("identity", "code"),
    [
        ("navigation", None),
        ("operator", None),
        ("routing", grpc.StatusCode.PERMISSION_DENIED),
        ("", grpc.StatusCode.UNAUTHENTICATED),
    ],
)
async def test_reflection_is_for_those_who_may_call_something(
    identities: Identities, identity: str, code: grpc.StatusCode | None
) -> None:
    files = identities.of(identity) if identity else identities.anonymous
    async with serving(options(identities)) as service, channel_to(service.server, files) as channel:
        assert await _reflected(channel) is code


async def test_streams_have_a_limit_of_their_own(identities: Identities) -> None:
    few = options(identities, streams=Lane("streams", 1, retry_after=5.0))
    async with serving(few) as service, channel_to(service.server, identities.of("operator")) as channel:
        await service.voyages.items.put(navigation_pb.WatchVoyageResponse())
        stub = NavigationServiceStub(channel)
        first = aiter(stub.WatchVoyage(navigation_pb.WatchVoyageRequest(voyage_id="1"), timeout=5))
        await anext(first)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await anext(aiter(stub.WatchVoyage(navigation_pb.WatchVoyageRequest(voyage_id="1"), timeout=5)))
        error = remote_error(raised.value)
        await service.voyages.items.put(None)

    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
    assert error.retry_after == 5.0


async def test_large_messages_pass_both_ways_and_slow_readers_hold_up_the_sender(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        symbol = "A" * 3_000_000

        async def echo(request: player_pb.GetPlayerRequest) -> player_pb.GetPlayerResponse:
            answer = player_pb.GetPlayerResponse()
            answer.player.agent_symbol = request.agent_symbol
            return answer

        service.players.script = echo
        stub = PlayerServiceStub(near)
        answers = await asyncio.gather(
            *(stub.GetPlayer(player_pb.GetPlayerRequest(agent_symbol=symbol), timeout=20) for _ in range(4))
        )

    assert all(answer.player.agent_symbol == symbol for answer in answers)


async def test_a_drain_lets_calls_in_flight_finish(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        begun, may_end = asyncio.Event(), asyncio.Event()

        async def slow(_request: object) -> None:
            begun.set()
            await may_end.wait()

        service.players.script = slow
        call = PlayerServiceStub(near).GetPlayer(player_pb.GetPlayerRequest(player_id=1))
        answered = asyncio.ensure_future(call)
        await begun.wait()
        drained = asyncio.create_task(service.server.drain())
        await asyncio.sleep(0)
        may_end.set()
        assert await answered == player_pb.GetPlayerResponse()
        await drained


async def test_a_renewed_server_certificate_is_shown_to_new_connections(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        before = await asyncio.to_thread(_certificate_of, service.server.port)
        identities.renew("player")
        await _until(lambda: _certificate_of(service.server.port) != before)
        assert await outcome(service.server, identities.of("navigation")) is None


async def test_several_addresses_are_called_by_the_name_of_the_first(identities: Identities) -> None:
    async with serving(options(identities)) as one, serving(options(identities)) as other:
        addresses = f"127.0.0.1:{one.server.port},127.0.0.1:{other.server.port}"
        async with open_channel(addresses, services=SERVICES, tls=identities.of("navigation")) as channel:
            await eventually(lambda: channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY)
            for _ in range(20):
                assert await _outcome_on(channel) is None
            await eventually(lambda: bool(listener_of(one).callers) and bool(listener_of(other).callers))


async def test_an_authority_is_changed_by_trusting_both_for_a_while(identities: Identities, tmp_path: Path) -> None:
    successor = Identities(tmp_path / "successor")
    newcomer = successor.of("navigation")
    trusted = identities.of("player").authorities
    async with serving(options(identities)) as service:
        early = TlsFiles(trusted, newcomer.certificate, newcomer.key)
        assert (await refusal(service.server, early)).code is grpc.StatusCode.UNAVAILABLE

        trusted.write_bytes(trusted.read_bytes() + newcomer.authorities.read_bytes())
        async with asyncio.timeout(10):
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
            assert (await _outcome_on(channel)) is not None
            _replace(files, identities.of("navigation"))
            now = 2.0

            begun, may_end = asyncio.Event(), asyncio.Event()

            async def slow(_request: object) -> None:
                begun.set()
                await may_end.wait()

            service.players.script = slow
            old_call = asyncio.ensure_future(stub.GetPlayer(player_pb.GetPlayerRequest(player_id=1), timeout=5))
            await begun.wait()
            _replace(files, identities.renew("navigation"))
            now = 4.0
            service.players.script = _at_once
            assert await _outcome_on(channel) is None
            assert opened[1].get_state() is grpc.ChannelConnectivity.READY
            may_end.set()
            await old_call
            await eventually(lambda: opened[1].get_state() is grpc.ChannelConnectivity.SHUTDOWN)

    assert len(opened) == 3


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
async def test_plain_text_is_refused_on_the_network(address: str) -> None:
    server, _, _ = scripted_server(ServerOptions(address))

    with pytest.raises(StartupError, match="INSECURE_PLAINTEXT_ON_NETWORK") as raised:
        await server.start()

    assert "TLS_CERT_FILE" in str(raised.value)
    await server.drain()


async def test_plain_text_is_served_on_the_network_by_those_who_insist() -> None:
    async with serving(ServerOptions("0.0.0.0:0", drain_seconds=0.5, insecure_plaintext_on_network=True)) as service:
        assert await _outcome_on(service.channel) is None


async def test_listens_on_every_address_of_the_machine(identities: Identities) -> None:
    async with serving(options(identities, "[::]:0")) as service:
        for host in ("127.0.0.1", "[::1]"):
            async with open_channel(
                f"{host}:{service.server.port}", services=SERVICES, tls=identities.of("navigation")
            ) as channel:
                assert await _outcome_on(channel) is None


async def test_says_that_the_address_is_taken(identities: Identities) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server, _, _ = scripted_server(options(identities, f"127.0.0.1:{taken.getsockname()[1]}"))
        with pytest.raises(StartupError, match="LISTEN_ADDRESS"):
            await server.start()
        await server.drain()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("missing key", r"TLS_KEY_FILE .*tls\.key cannot be read: No such file"),
        ("key of another", r"TLS_KEY_FILE .* is not the key of the certificate in TLS_CERT_FILE"),
        ("no certificate", r"TLS_CERT_FILE .* must hold a certificate"),
        ("no authorities", r"TLS_CA_FILE .* holds no certificate"),
        ("no list", r"TLS_CRL_FILE .* holds no list of revoked certificates"),
    ],
)
def test_says_which_file_is_no_good(identities: Identities, spoil: str, told: str) -> None:
    files = identities.of("player")
    assert files.key is not None
    assert files.certificate is not None
    match spoil:
        case "missing key":
            files.key.unlink()
        case "key of another":
            other = identities.of("routing").key
            assert other is not None
            files.key.write_bytes(other.read_bytes())
        case "no certificate":
            files.certificate.write_text("nonsense")
        case "no list":
            files = replace(files, revoked=files.certificate)
        case _:
            files.authorities.write_text("nonsense")

    with pytest.raises(StartupError, match=told):
        scripted_server(ServerOptions("127.0.0.1:0", tls=files))


async def _reflected(channel: Any) -> grpc.StatusCode | None:
    """How a question for the services ends; None for well."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    try:
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([question]), timeout=3)]
    except grpc.aio.AioRpcError as error:
        return error.code()
    return None if len(answers) == 1 else grpc.StatusCode.UNKNOWN


def _handshakes(service: Serving, outcome: str) -> float:
    value = service.server.metrics.registry.get_sample_value
    return value("spacetraders_tls_handshakes_total", {"outcome": outcome}) or 0.0


async def _knock(port: int, noise: bytes) -> None:
    """Say something that is no TLS, and wait for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(noise)
    writer.write_eof()
    await reader.read()
    writer.close()


def _certificate_of(port: int) -> str:
    return ssl.get_server_certificate(("127.0.0.1", port))


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not await asyncio.to_thread(condition):  # noqa: ASYNC110 - files do not tell, they are looked at
            await asyncio.sleep(0.1)


async def _at_once(_request: object) -> None:
    return None


def _replace(files: TlsFiles, by: TlsFiles) -> None:
    for old, new in ((files.certificate, by.certificate), (files.key, by.key)):
        assert old is not None
        assert new is not None
        old.write_bytes(new.read_bytes())
