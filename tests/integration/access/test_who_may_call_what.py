"""Every RPC of every service, called by everybody through the real door."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2
from protos.player.v1 import player_service_pb2
from protos.routing.v1 import routing_service_pb2
from routing_service.bootstrap import build as build_routing
from routing_service.settings import Settings as RoutingSettings
from service_chassis.channels import open_channel
from service_chassis.server import App
from tests.fakes import navigation_component, player_component
from tests.fakes.certificates import Identities, settings_of
from tests.fakes.player_game import FakeGame
from tests.fakes.routing_door import FixedTours, NoFleets

PLAYERS = player_service_pb2.DESCRIPTOR.services_by_name["PlayerService"]
VOYAGES = navigation_service_pb2.DESCRIPTOR.services_by_name["NavigationService"]
ROUTES = routing_service_pb2.DESCRIPTOR.services_by_name["RoutingService"]
CALLERS = ("navigation", "operator", "operator/jane", "player", "routing", "stranger", "Operator", "operators")
OPERATORS = frozenset({"operator", "operator/jane"})
REFUSALS = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


def callers_allowed(method: MethodDescriptor) -> Collection[str]:
    if method.containing_service is PLAYERS:
        return {"navigation"} if method.name in ("GetAgentToken", "ReportTokenRejected") else OPERATORS
    return OPERATORS if method.containing_service is VOYAGES else OPERATORS | {"navigation"}


@asynccontextmanager
async def serving(service: ServiceDescriptor, identities: Identities, directory: Path) -> AsyncIterator[App]:
    tls: dict[str, Any] = settings_of(identities.of(service.full_name.split(".")[1]))
    if service is PLAYERS:
        settings = player_component.settings_for(directory, **tls)
        async with player_component.running(settings, FakeGame()) as player:
            yield player.app
    elif service is VOYAGES:
        flights = navigation_component.settings_for(directory, **tls)
        async with navigation_component.running(flights, navigation_component.FarSide()) as navigation:
            yield navigation.app
    else:
        plans = RoutingSettings(listen_address="127.0.0.1:0", drain_seconds=0, **tls)
        app = build_routing(plans, tours=FixedTours(AssertionError("nobody asks")), fleets=NoFleets())
        await app.start()
        try:
            yield app
        finally:
            await app.stop()


async def code_of(channel: grpc.aio.Channel, method: MethodDescriptor) -> grpc.StatusCode:
    """How an empty request ends."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.server_streaming:
            stream: Any = channel.unary_stream(path)
            async for _ in stream(b"", timeout=10):
                pass
        else:
            call: Any = channel.unary_unary(path)
            await call(b"", timeout=10)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("service", [PLAYERS, VOYAGES, ROUTES], ids=lambda service: service.name)
async def test_each_caller_may_call_its_methods_and_no_others(service: ServiceDescriptor, tmp_path: Path) -> None:
    identities = Identities(tmp_path / "certificates")
    async with serving(service, identities, tmp_path) as app:
        for caller in CALLERS:
            tls = identities.of(caller)
            async with open_channel(f"127.0.0.1:{app.port}", services=[service], tls=tls) as channel:
                codes = {method.name: await code_of(channel, method) for method in service.methods}
            let_in = {name for name, code in codes.items() if code not in REFUSALS}
            assert let_in == {method.name for method in service.methods if caller in callers_allowed(method)}, caller
            assert grpc.StatusCode.UNAUTHENTICATED not in codes.values()


@pytest.mark.parametrize("service", [PLAYERS, VOYAGES, ROUTES], ids=lambda service: service.name)
async def test_nobody_calls_anything_without_a_certificate(service: ServiceDescriptor, tmp_path: Path) -> None:
    identities = Identities(tmp_path / "certificates")
    async with serving(service, identities, tmp_path) as app:
        for files in (identities.anonymous, identities.named("spiffe://elsewhere/operator")):
            async with open_channel(f"127.0.0.1:{app.port}", services=[service], tls=files) as channel:
                codes = {await code_of(channel, method) for method in service.methods}
            assert codes == {grpc.StatusCode.UNAUTHENTICATED}
