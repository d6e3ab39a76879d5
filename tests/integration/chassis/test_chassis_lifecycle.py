"""A server from start to drain: health, reflection, its listeners, and what it says if it cannot start."""

import asyncio
import urllib.request
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2
from grpc_health.v1.health_pb2_grpc import HealthStub
from grpc_reflection.v1alpha import reflection_pb2

from protos.player.v1 import player_service_pb2 as pb
from service_chassis import server as chassis_server
from service_chassis.app import App
from service_chassis.server import GrpcServer, ServerOptions
from service_chassis.startup import StartupError
from tests.fakes.chassis_service import (
    NAVIGATION_SERVICE,
    PLAYER_SERVICE,
    Serving,
    scripted_server,
    serving,
)

Health = health_pb2.HealthCheckResponse
ANYWHERE = "127.0.0.1:0"


async def health_of(channel: grpc.aio.Channel, service: str) -> int:
    answer = await health_stub(channel).Check(health_pb2.HealthCheckRequest(service=service), timeout=30)
    return int(answer.status)


def health_stub(channel: grpc.aio.Channel) -> Any:
    """The package's stubs do not know its methods."""
    return HealthStub(channel)


@pytest.mark.parametrize("name", ["", PLAYER_SERVICE, NAVIGATION_SERVICE])
async def test_health_says_for_the_server_and_each_service_when_it_is_ready(name: str) -> None:
    async with serving(ready=False) as service:
        assert await health_of(service.channel, name) == Health.NOT_SERVING

        service.server.set_serving()

        assert await health_of(service.channel, name) == Health.SERVING


async def test_health_does_not_know_a_service_that_is_not_here() -> None:
    async with serving() as service:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await health_of(service.channel, "spacetraders.routing.v1.RoutingService")

        assert failure.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("name", ["", PLAYER_SERVICE])
async def test_every_watcher_of_health_hears_of_ready_and_of_drain_and_is_let_go(name: str) -> None:
    async with serving(ready=False) as service:
        stub = health_stub(service.channel)
        request = health_pb2.HealthCheckRequest(service=name)
        calls = [stub.Watch(request, timeout=30) for _ in range(3)]
        watchers = [aiter(call) for call in calls]
        for watcher in watchers:
            assert (await anext(watcher)).status == Health.NOT_SERVING
        calls[0].cancel()
        del watchers[0]

        service.server.set_serving()
        for watcher in watchers:
            assert (await anext(watcher)).status == Health.SERVING

        draining = asyncio.create_task(service.server.drain())
        for watcher in watchers:
            assert (await anext(watcher)).status == Health.NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await anext(watcher)
            assert failure.value.code() is grpc.StatusCode.UNAVAILABLE
        await draining


async def test_watching_an_unknown_service_says_so_and_goes_on() -> None:
    async with serving() as service:
        watching = health_stub(service.channel).Watch(health_pb2.HealthCheckRequest(service="nobody"), timeout=30)

        assert (await anext(aiter(watching))).status == Health.SERVICE_UNKNOWN
        watching.cancel()


async def test_calls_in_flight_finish_while_the_server_drains_and_health_says_so() -> None:
    options = ServerOptions(ANYWHERE, health_address=ANYWHERE, drain_seconds=30)
    async with serving(options) as service:
        begun, released = asyncio.Event(), asyncio.Event()

        async def script(_request: object) -> pb.GetPlayerResponse:
            begun.set()
            await released.wait()
            return pb.GetPlayerResponse(player=pb.Player(player_id=7))

        service.players.script = script
        call = asyncio.ensure_future(_get_player(service))
        await begun.wait()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{service.server.health_port}") as probe:
            draining = asyncio.create_task(service.server.drain())
            await asyncio.sleep(0)
            assert await health_of(probe, "") == Health.NOT_SERVING
            assert not draining.done()

            released.set()

            assert (await call).player.player_id == 7
            await asyncio.wait_for(draining, 30)


async def _get_player(service: Serving) -> pb.GetPlayerResponse:
    return await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)


async def test_a_call_that_takes_too_long_is_cut_off_when_the_drain_is_over() -> None:
    async with serving(ServerOptions(ANYWHERE, drain_seconds=0.1)) as service:
        begun = asyncio.Event()

        async def script(_request: object) -> None:
            begun.set()
            await asyncio.Event().wait()

        service.players.script = script
        call = asyncio.ensure_future(_get_player(service))
        await begun.wait()
        await asyncio.wait_for(service.server.drain(), 30)

        with pytest.raises(grpc.aio.AioRpcError):
            await call


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
async def test_reflection_lists_and_describes_every_service_in_both_versions(version: str) -> None:
    async with serving() as service:
        ask = reflection_pb2.ServerReflectionRequest
        (answer,) = [each async for each in _reflected(service.channel, version, [ask(list_services="")])]
        listed = {entry.name for entry in answer.list_services_response.service}
        described = _reflected(service.channel, version, [ask(file_containing_symbol=name) for name in listed])

        assert {PLAYER_SERVICE, NAVIGATION_SERVICE, "grpc.health.v1.Health"} <= listed
        assert {f"grpc.reflection.{each}.ServerReflection" for each in ("v1", "v1alpha")} <= listed
        assert [each.error_response.error_message async for each in described] == [""] * len(listed)


def _reflected(
    channel: grpc.aio.Channel, version: str, requests: list[reflection_pb2.ServerReflectionRequest]
) -> AsyncIterator[reflection_pb2.ServerReflectionResponse]:
    ask = channel.stream_stream(
        f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    return aiter(ask(iter(requests), timeout=30))


async def test_the_health_listener_serves_health_alone() -> None:
    async with (
        serving(ServerOptions(ANYWHERE, health_address=ANYWHERE, drain_seconds=0.5)) as service,
        grpc.aio.insecure_channel(f"127.0.0.1:{service.server.health_port}") as probe,
    ):
        assert await health_of(probe, PLAYER_SERVICE) == Health.SERVING
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await _get_player(Serving(service.server, service.players, service.voyages, probe))
        assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_metrics_are_read_over_http_and_end_with_the_server() -> None:
    async with serving(ServerOptions(ANYWHERE, metrics_address=ANYWHERE, drain_seconds=0.5)) as service:
        await _get_player(service)
        url = f"http://127.0.0.1:{service.server.metrics_port}/metrics"

        page = (await asyncio.to_thread(urllib.request.urlopen, url)).read().decode()

        assert 'grpc_server_handled_total{grpc_code="OK",grpc_method="GetPlayer"' in page
    with pytest.raises(OSError, match="refused"):
        await asyncio.to_thread(urllib.request.urlopen, url)


@pytest.mark.parametrize("setting", ["LISTEN_ADDRESS", "HEALTH_ADDRESS", "METRICS_ADDRESS"])
async def test_a_taken_address_stops_the_start_and_names_the_setting(setting: str) -> None:
    async with serving(ServerOptions(ANYWHERE, drain_seconds=0.1)) as service:
        taken = f"127.0.0.1:{service.server.port}"
        addresses = {"LISTEN_ADDRESS": ANYWHERE, setting: taken}
        server, _, _ = scripted_server(
            ServerOptions(
                addresses["LISTEN_ADDRESS"],
                health_address=addresses.get("HEALTH_ADDRESS"),
                metrics_address=addresses.get("METRICS_ADDRESS"),
                drain_seconds=0.1,
            )
        )
        app = App(server)

        with pytest.raises(StartupError, match=f"{setting} {taken} cannot be bound.*[Cc]hoose another"):
            await app.start()
        await app.stop()


@pytest.mark.parametrize("address", ["127.0.0.1:99999", "127.0.0.1:http", "nowhere.invalid:50051", "50051"])
async def test_an_address_that_is_none_stops_the_start_too(address: str) -> None:
    server: GrpcServer = scripted_server(ServerOptions(address, drain_seconds=0.1))[0]

    with pytest.raises(StartupError, match="LISTEN_ADDRESS"):
        await server.start()
    await server.drain()


async def test_does_not_wait_for_a_caller_that_never_says_what_it_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = dict(chassis_server._CHANNEL_OPTIONS)
    assert soon["grpc.server_handshake_timeout_ms"] == 10_000
    soon["grpc.server_handshake_timeout_ms"] = 100
    monkeypatch.setattr(chassis_server, "_CHANNEL_OPTIONS", tuple(soon.items()))
    async with serving() as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
        async with asyncio.timeout(30):
            while await reader.read(1_000):
                pass
        writer.close()
