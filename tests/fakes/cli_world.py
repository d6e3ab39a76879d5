"""Ships, routes and voyages for tests of the command line, and both fakes behind one port."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from protos.navigation.v1.navigation_pb2 import NAV_STATUS_DOCKED, Failure, Ship, Voyage, VoyageEvent
from protos.navigation.v1.navigation_service_pb2_grpc import add_NavigationServiceServicer_to_server
from protos.player.v1.player_service_pb2_grpc import add_PlayerServiceServicer_to_server
from protos.routing.v1.routing_pb2 import (
    FLIGHT_MODE_BURN,
    FLIGHT_MODE_CRUISE,
    FLIGHT_MODE_DRIFT,
    FlightMode,
    Route,
    Step,
)
from tests.fakes.cli_navigation_service import FakeNavigationService
from tests.fakes.cli_player_service import FakePlayerService

START = 1_750_000_000
VOYAGE_ID = "01930000-0000-7000-8000-000000000001"


@dataclass
class Servers:
    """Both fakes, and where they listen."""

    address: str
    players: FakePlayerService = field(default_factory=FakePlayerService)
    navigation: FakeNavigationService = field(default_factory=FakeNavigationService)


@contextmanager
def serving(address: str = "127.0.0.1:0") -> Iterator[Servers]:
    """On threads of their own: the command line under test runs its event loop in the test's thread."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8), options=[("grpc.so_reuseport", 0)])
    port = server.add_insecure_port(address)
    servers = Servers(f"127.0.0.1:{port}")
    add_PlayerServiceServicer_to_server(servers.players, server)
    add_NavigationServiceServicer_to_server(servers.navigation, server)
    server.start()
    try:
        yield servers
    finally:
        servers.navigation.released.set()
        server.stop(None).wait()


def frigate(symbol: str = "ASTRA-1") -> Ship:
    return Ship(
        ship_symbol=symbol,
        player_id=1,
        system_symbol="X1-AB12",
        waypoint_symbol="X1-AB12-A1",
        nav_status=NAV_STATUS_DOCKED,
        flight_mode=FLIGHT_MODE_CRUISE,
        fuel=300,
        fuel_capacity=400,
        engine_speed=36,
        role="COMMAND",
        frame="FRAME_FRIGATE",
        observe_time=Timestamp(seconds=START),
    )


def leg(origin: str, target: str, mode: FlightMode.ValueType, fuel: int, seconds: int, distance: float = 1.0) -> Step:
    return Step(
        navigate=Step.Navigate(
            from_waypoint=f"X1-AB12-{origin}",
            to_waypoint=f"X1-AB12-{target}",
            flight_mode=mode,
            fuel=fuel,
            duration=Duration(seconds=seconds),
            distance=distance,
        )
    )


def refuel(waypoint: str, fuel_added: int) -> Step:
    return Step(refuel=Step.Refuel(waypoint=f"X1-AB12-{waypoint}", fuel_added=fuel_added))


def route_with_refuel() -> Route:
    """A1 to C3: CRUISE, a refuel stop at B7, BURN, and a last leg in DRIFT."""
    return Route(
        origin="X1-AB12-A1",
        destination="X1-AB12-C3",
        steps=[
            leg("A1", "B7", FLIGHT_MODE_CRUISE, 210, 192, 209.6),
            refuel("B7", 310),
            leg("B7", "B9", FLIGHT_MODE_BURN, 399, 101, 199.4),
            leg("B9", "C3", FLIGHT_MODE_DRIFT, 1, 500, 12.0),
        ],
        duration=Duration(seconds=793),
        fuel_consumed=610,
        distance=421.0,
        fuel_at_arrival=0,
    )


def stay() -> Route:
    return Route(origin="X1-AB12-A1", destination="X1-AB12-A1", fuel_at_arrival=300)


def event(number: int, state: Voyage.State.ValueType = Voyage.STATE_UNDER_WAY, step: int = 0) -> VoyageEvent:
    """An event without a detail, `number` seconds after the start."""
    return VoyageEvent(
        number=number, voyage_id=VOYAGE_ID, time=Timestamp(seconds=START + number), state=state, step_index=step
    )


def flight(*end: VoyageEvent) -> Sequence[VoyageEvent]:
    """The events of a flight along `route_with_refuel`, up to the arrival at B7 and the refuelling, then `end`."""
    accepted, departed, arrived, refuelled = event(1, Voyage.STATE_PLANNED), event(2), event(3), event(4, step=1)
    accepted.accepted.route.CopyFrom(route_with_refuel())
    departed.departed.from_waypoint = "X1-AB12-A1"
    departed.departed.to_waypoint = "X1-AB12-B7"
    departed.departed.flight_mode = FLIGHT_MODE_CRUISE
    departed.departed.fuel = 90
    departed.departed.arrival_time.seconds = START + 3
    arrived.arrived.waypoint = "X1-AB12-B7"
    arrived.arrived.fuel = 90
    refuelled.refuelled.waypoint = "X1-AB12-B7"
    refuelled.refuelled.fuel_added = 310
    refuelled.refuelled.credits = 288
    return [accepted, departed, arrived, refuelled, *end]


def completed(number: int = 5) -> VoyageEvent:
    ended = event(number, Voyage.STATE_COMPLETED, step=4)
    ended.ended.SetInParent()
    return ended


def failed(reason: str, number: int = 5, **metadata: str) -> VoyageEvent:
    ended = event(number, Voyage.STATE_FAILED, step=2)
    ended.ended.failure.CopyFrom(Failure(reason=reason, message=f"it is {reason}", metadata=metadata))
    return ended


def cancelled(number: int = 5) -> VoyageEvent:
    ended = event(number, Voyage.STATE_CANCELLED, step=2)
    ended.ended.SetInParent()
    return ended
