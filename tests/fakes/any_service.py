"""Each service behind its real door, with stand-ins for what lies behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2
from protos.player.v1 import player_service_pb2
from protos.routing.v1 import routing_service_pb2
from routing_service.bootstrap import build as build_routing
from routing_service.settings import Settings as RoutingSettings
from service_chassis.app import App
from tests.fakes import navigation_component, player_component
from tests.fakes.player_game import FakeGame
from tests.fakes.routing_door import FixedTours, NoFleets

PLAYERS = player_service_pb2.DESCRIPTOR.services_by_name["PlayerService"]
VOYAGES = navigation_service_pb2.DESCRIPTOR.services_by_name["NavigationService"]
ROUTES = routing_service_pb2.DESCRIPTOR.services_by_name["RoutingService"]
SERVICES = (PLAYERS, VOYAGES, ROUTES)


@asynccontextmanager
async def serving(service: ServiceDescriptor, directory: Path, **more: Any) -> AsyncIterator[App]:
    """The service, with these settings beside those of tests; routing's solvers refuse to be asked."""
    if service is PLAYERS:
        accounts = player_component.settings_for(directory, **more)
        async with player_component.running(accounts, FakeGame()) as player:
            yield player.app
    elif service is VOYAGES:
        flights = navigation_component.settings_for(directory, **more)
        async with navigation_component.running(flights, navigation_component.FarSide()) as navigation:
            yield navigation.app
    else:
        plans = RoutingSettings(listen_address="127.0.0.1:0", drain_seconds=0, **more)
        app = build_routing(plans, tours=FixedTours(AssertionError("it was solved")), fleets=NoFleets())
        await app.start()
        try:
            yield app
        finally:
            await app.stop()
