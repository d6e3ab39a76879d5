"""TLS through the real door: who gets in, as whom, and what is served there."""

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest
import structlog
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceStub
from protos.player.v1 import player_service_pb2 as player_pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.admission import Lane
from service_chassis.channels import open_channel
from service_chassis.health import HealthServicer
from service_chassis.server import ServerOptions
from service_chassis.startup import StartupError
from service_chassis.status import remote_error
from service_chassis.tls import TlsFiles, channel_credentials
from tests.fakes.certificates import Identities
from tests.fakes.chassis_service import (
    PLAYER_SERVICE,
    eventually,
    scripted_server,
    serving,
)
from tests.fakes.chassis_tls import (
    SERVICES,
    channel_to,
    listener_of,
    options,
    outcome,
    outcome_on,
    refusal,
)


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


async def test_knows_identities_of_its_own_trust_domain_alone(identities: Identities) -> None:
    async with serving(options(identities, trust_domain="fleet.example")) as service:
        assert await outcome(service.server, identities.named("spiffe://fleet.example/navigation")) is None
        error = await refusal(service.server, identities.of("navigation"))

    assert error.reason == "UNKNOWN_IDENTITY"
    assert "spiffe://fleet.example/IDENTITY" in error.message


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


async def test_health_is_watched_by_so_many_and_the_others_are_told_to_do_without() -> None:
    servicer = HealthServicer(["a"], most_watches=1)
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        first = aiter(stub.Watch(health_pb2.HealthCheckRequest(), timeout=30))
        await anext(first)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await anext(aiter(stub.Watch(health_pb2.HealthCheckRequest(), timeout=30)))
        answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=30)
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
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=30)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_port_for_probes_has_nothing_but_health(identities: Identities) -> None:
    async with (
        serving(options(identities, health_address="127.0.0.1:0")) as service,
        grpc.aio.insecure_channel(f"127.0.0.1:{service.server.health_port}") as plain,
    ):
        error = await outcome_on(plain)

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
    async with serving(options(identities)) as service:
        assert await asyncio.to_thread(_reflected, service.server.port, files) is code


async def test_streams_have_a_limit_of_their_own(identities: Identities) -> None:
    few = options(identities, streams=Lane("streams", 1, retry_after=5.0))
    async with serving(few) as service, channel_to(service.server, identities.of("operator")) as channel:
        await service.voyages.items.put(navigation_pb.WatchVoyageResponse())
        stub = NavigationServiceStub(channel)
        first = aiter(stub.WatchVoyage(navigation_pb.WatchVoyageRequest(voyage_id="1"), timeout=30))
        await anext(first)
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await anext(aiter(stub.WatchVoyage(navigation_pb.WatchVoyageRequest(voyage_id="1"), timeout=30)))
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
    patient = replace(options(identities), drain_seconds=30)
    async with serving(patient) as service, channel_to(service.server, identities.of("navigation")) as near:
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


async def test_several_addresses_are_called_by_the_name_of_the_first(identities: Identities) -> None:
    async with serving(options(identities)) as one, serving(options(identities)) as other:
        addresses = f"127.0.0.1:{one.server.port},127.0.0.1:{other.server.port}"
        async with open_channel(addresses, services=SERVICES, tls=identities.of("navigation")) as channel:
            await eventually(lambda: channel.get_state(try_to_connect=True) is grpc.ChannelConnectivity.READY)
            for _ in range(20):
                assert await outcome_on(channel) is None
            await eventually(lambda: bool(listener_of(one).callers) and bool(listener_of(other).callers))


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0"])
async def test_plain_text_is_refused_on_the_network(address: str) -> None:
    server, _, _ = scripted_server(ServerOptions(address))

    with pytest.raises(StartupError, match="INSECURE_PLAINTEXT_ON_NETWORK") as raised:
        await server.start()

    assert "TLS_CERT_FILE" in str(raised.value)
    await server.drain()


async def test_plain_text_is_served_on_the_network_by_those_who_insist() -> None:
    async with serving(ServerOptions("0.0.0.0:0", drain_seconds=0.5, insecure_plaintext_on_network=True)) as service:
        assert await outcome_on(service.channel) is None


async def test_listens_on_every_address_of_the_machine(identities: Identities) -> None:
    async with serving(options(identities, "[::]:0")) as service:
        for host in ("127.0.0.1", "[::1]"):
            async with open_channel(
                f"{host}:{service.server.port}", services=SERVICES, tls=identities.of("navigation")
            ) as channel:
                assert await outcome_on(channel) is None


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


def _reflected(port: int, files: TlsFiles) -> grpc.StatusCode | None:
    """How a question for the services ends; None for well.

    Not by grpc.aio: where an answer comes before its question is written, it says INTERNAL of its own now and then.
    """
    question = reflection_pb2.ServerReflectionRequest(list_services="")
    with grpc.secure_channel(f"127.0.0.1:{port}", channel_credentials(files)) as channel:
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
        try:
            answers = list(stub.ServerReflectionInfo(iter([question]), timeout=30))
        except grpc.RpcError as error:
            return error.code()
    return None if len(answers) == 1 else grpc.StatusCode.UNKNOWN
