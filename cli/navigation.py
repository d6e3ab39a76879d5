"""Ships and voyages by symbol, over the navigation service."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

import grpc

from cli.errors import wrong_usage
from cli.remote import Remote
from cli.wishes import FleetWishes, RouteWishes, TourWishes, agent_of, flight_mode, new_request_id
from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.navigation.v1.navigation_pb2 import Ship, Voyage, VoyageEvent
from protos.routing.v1.routing_pb2 import SystemGraph

if TYPE_CHECKING:
    from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceAsyncStub

ENDED_STATES = frozenset({Voyage.STATE_COMPLETED, Voyage.STATE_FAILED, Voyage.STATE_CANCELLED})
_PAGE_SIZE = 500
_UUID_LENGTH = 36
# A stream lives no longer than this before it is opened anew, so that a server that hangs is noticed.
_STREAM_SECONDS = 3_600.0
_PEEK_SECONDS = 2.0
# A solver searches for up to 10 s, after the ship and the map have been read.
_SOLVE_SECONDS = 30.0
# All ships of a large fleet take a request for each page, at two a second.
_FLEET_SECONDS = 60.0


class Navigation:
    def __init__(self, remote: Remote, stub: "NavigationServiceAsyncStub") -> None:
        self._remote = remote
        self._stub = stub

    @property
    def remote(self) -> Remote:
        return self._remote

    async def get_ship(self, ship_symbol: str, *, refresh: bool = False) -> pb.GetShipResponse:
        return await self._remote.call(self._stub.GetShip, pb.GetShipRequest(ship_symbol=ship_symbol, refresh=refresh))

    async def list_ships(self, agent_symbol: str, *, refresh: bool = False) -> pb.ListShipsResponse:
        """All pages as one response. Only the first page asks the game: one refresh reads the whole fleet."""
        everything = pb.ListShipsResponse()
        while True:
            request = pb.ListShipsRequest(
                agent_symbol=agent_symbol,
                refresh=refresh and not everything.next_page_token,
                page_size=_PAGE_SIZE,
                page_token=everything.next_page_token,
            )
            page = await self._remote.call(self._stub.ListShips, request, seconds=_FLEET_SECONDS)
            everything.ships.extend(page.ships)
            known = set(everything.unreadable_ship_symbols)
            everything.unreadable_ship_symbols.extend(s for s in page.unreadable_ship_symbols if s not in known)
            everything.next_page_token = page.next_page_token
            if not page.next_page_token:
                return everything

    async def orbit(self, ship_symbol: str) -> pb.OrbitShipResponse:
        return await self._remote.call(self._stub.OrbitShip, pb.OrbitShipRequest(ship_symbol=ship_symbol))

    async def dock(self, ship_symbol: str) -> pb.DockShipResponse:
        return await self._remote.call(self._stub.DockShip, pb.DockShipRequest(ship_symbol=ship_symbol))

    async def refuel(self, ship_symbol: str) -> pb.RefuelShipResponse:
        return await self._remote.call(self._stub.RefuelShip, pb.RefuelShipRequest(ship_symbol=ship_symbol))

    async def set_flight_mode(self, ship_symbol: str, mode: str) -> pb.SetFlightModeResponse:
        request = pb.SetFlightModeRequest(ship_symbol=ship_symbol, flight_mode=flight_mode(mode))
        return await self._remote.call(self._stub.SetFlightMode, request)

    async def plan(self, ship_symbol: str, destination: str, wishes: RouteWishes) -> pb.PlanRouteResponse:
        [destination] = await self.full_symbols(ship_symbol, [destination])
        request = pb.PlanRouteRequest(ship_symbol=ship_symbol, destination=destination, options=wishes.to_options())
        return await self._remote.call(self._stub.PlanRoute, request)

    async def navigate(self, ship_symbol: str, destination: str, wishes: RouteWishes) -> pb.NavigateShipResponse:
        [destination] = await self.full_symbols(ship_symbol, [destination])
        request = pb.NavigateShipRequest(
            ship_symbol=ship_symbol,
            destination=destination,
            options=wishes.to_options(),
            request_id=new_request_id(),
        )
        return await self._remote.call(self._stub.NavigateShip, request)

    async def start_tour(self, wishes: TourWishes) -> pb.StartTourResponse:
        """`plan_only` in the wishes: the answer is a plan, and nothing is kept."""
        named = wishes.to(await self.full_symbols(wishes.first_ship, wishes.waypoints))
        return await self._remote.call(self._stub.StartTour, named.to_request(), seconds=_SOLVE_SECONDS)

    async def dispatch_fleet(self, wishes: FleetWishes) -> pb.DispatchFleetResponse:
        """As `start_tour`. Short names of waypoints are those of the first ship's system."""
        named = wishes.to(await self.full_symbols(wishes.first_ship, wishes.waypoints))
        return await self._remote.call(self._stub.DispatchFleet, named.to_request(), seconds=_FLEET_SECONDS)

    async def game_budget(self) -> pb.GetGameBudgetResponse:
        return await self._remote.call(self._stub.GetGameBudget, pb.GetGameBudgetRequest())

    async def surroundings(self, ship_symbol: str, *, refresh: bool = False) -> tuple[Ship, pb.GetSystemGraphResponse]:
        """The ship, and the map of the system that it is in."""
        ship = (await self.get_ship(ship_symbol, refresh=refresh)).ship
        request = pb.GetSystemGraphRequest(
            agent_symbol=agent_of(ship_symbol), system_symbol=ship.system_symbol, refresh=refresh
        )
        return ship, await self._remote.call(self._stub.GetSystemGraph, request)

    async def system_map(self, ship_symbol: str) -> SystemGraph:
        return (await self.surroundings(ship_symbol))[1].graph

    async def full_symbols(self, ship_symbol: str, waypoints: Sequence[str]) -> list[str]:
        """A name without a dash (`A1`) is a waypoint of the ship's system; all others are full symbols already."""
        if all("-" in waypoint for waypoint in waypoints):
            return list(waypoints)
        system = (await self.get_ship(ship_symbol)).ship.system_symbol
        return [f"{system}-{waypoint}" if waypoint and "-" not in waypoint else waypoint for waypoint in waypoints]

    async def get_voyage(self, voyage_id: str) -> pb.GetVoyageResponse:
        return await self._remote.call(self._stub.GetVoyage, pb.GetVoyageRequest(voyage_id=voyage_id))

    async def cancel_voyage(self, voyage_id: str) -> pb.CancelVoyageResponse:
        return await self._remote.call(self._stub.CancelVoyage, pb.CancelVoyageRequest(voyage_id=voyage_id))

    async def list_voyages(
        self, *, agent_symbol: str = "", ship_symbol: str = "", states: Sequence[str] = (), limit: int = 0
    ) -> pb.ListVoyagesResponse:
        """Newest first, pages joined, at most `limit` (0: all). next_page_token says that there are more."""
        everything = pb.ListVoyagesResponse()
        while True:
            left = limit - len(everything.voyages)
            request = pb.ListVoyagesRequest(
                agent_symbol=agent_symbol,
                ship_symbol=ship_symbol,
                states=[Voyage.State.Value(f"STATE_{state}") for state in states],
                page_size=min(left, _PAGE_SIZE) if limit else _PAGE_SIZE,
                page_token=everything.next_page_token,
            )
            page = await self._remote.call(self._stub.ListVoyages, request)
            everything.voyages.extend(page.voyages)
            everything.next_page_token = page.next_page_token
            if not page.next_page_token or (limit and len(everything.voyages) >= limit):
                return everything

    async def voyage_id_of(self, key: str) -> str:
        """`key` itself if it is a voyage's id; the newest voyage of the ship if it is a ship's symbol."""
        if len(key) == _UUID_LENGTH and key.count("-") == 4:
            return key.lower()
        ship_symbol = key.upper()
        if "-" not in ship_symbol:
            raise wrong_usage(
                f"{key} is neither a voyage's id nor a ship's symbol",
                "see both with `spacetraders voyage list`",
            )
        voyages = (await self.list_voyages(ship_symbol=ship_symbol, limit=1)).voyages
        if not voyages:
            raise wrong_usage(
                f"{ship_symbol} has made no voyage", f"start one with `spacetraders navigate {ship_symbol} DEST`"
            )
        return voyages[0].voyage_id

    async def is_ended(self, voyage_id: str) -> bool:
        """Asked once, without patience. Raises grpc.aio.AioRpcError like `events`."""
        response = await self._stub.GetVoyage(pb.GetVoyageRequest(voyage_id=voyage_id))
        return response.voyage.state in ENDED_STATES

    async def peek_voyage(self, voyage_id: str) -> Voyage | None:
        """The voyage if it can be had at once: for a display, which must not wait."""
        try:
            response = await self._stub.GetVoyage(pb.GetVoyageRequest(voyage_id=voyage_id), timeout=_PEEK_SECONDS)
        except grpc.aio.AioRpcError:
            return None
        return response.voyage

    async def events(self, voyage_id: str, after_event_number: int) -> AsyncIterator[VoyageEvent]:
        """One stream of events, to its end. Raises grpc.aio.AioRpcError as it is: watching decides what to do."""
        request = pb.WatchVoyageRequest(voyage_id=voyage_id, after_event_number=after_event_number)
        call: grpc.aio.UnaryStreamCall[pb.WatchVoyageRequest, pb.WatchVoyageResponse] = self._stub.WatchVoyage(
            request, timeout=_STREAM_SECONDS
        )
        async for response in call:
            yield response.event
