"""NavigationService on the wire: messages in, one request to the mediator, messages out."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc

from navigation_service.application.commands.cancel_voyage import CancelVoyageCommand
from navigation_service.application.commands.dispatch_fleet import DispatchFleetCommand
from navigation_service.application.commands.dock_ship import DockShipCommand
from navigation_service.application.commands.navigate_ship import NavigateShipCommand
from navigation_service.application.commands.orbit_ship import OrbitShipCommand
from navigation_service.application.commands.refuel_ship import RefuelShipCommand
from navigation_service.application.commands.set_flight_mode import SetFlightModeCommand
from navigation_service.application.commands.start_tour import StartTourCommand
from navigation_service.application.queries.get_game_budget import GetGameBudgetQuery
from navigation_service.application.queries.get_route import GetRouteQuery
from navigation_service.application.queries.get_ship import GetShipQuery
from navigation_service.application.queries.get_system_graph import GetSystemGraphQuery
from navigation_service.application.queries.get_voyage import GetVoyageQuery
from navigation_service.application.queries.list_ships import ListShipsQuery
from navigation_service.application.queries.list_voyages import ListVoyagesQuery
from navigation_service.application.queries.plan_route import PlanRouteQuery
from navigation_service.application.queries.watch_voyage import WatchVoyageQuery
from navigation_service.messages import (
    from_options,
    to_event,
    to_graph,
    to_route,
    to_ship,
    to_solution,
    to_voyage,
    to_voyages,
)
from protos.navigation.v1 import navigation_service_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2_grpc as pb_grpc
from pymediatr import Mediator
from service_chassis.wire import datetime_to_timestamp

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["NavigationService"].full_name
Context = grpc.aio.ServicerContext[Any, Any]


class NavigationServicer(pb_grpc.NavigationServiceServicer):
    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    async def NavigateShip(self, request: pb.NavigateShipRequest, context: Context) -> pb.NavigateShipResponse:
        command = NavigateShipCommand(
            **_ship(request),
            destination=request.destination,
            options=from_options(request.options),
            request_id=request.request_id,
        )
        return pb.NavigateShipResponse(voyage=to_voyage(await self._mediator.send(command)))

    async def StartTour(self, request: pb.StartTourRequest, context: Context) -> pb.StartTourResponse:
        flags = _flags(request, "optimize_order", "return_to_origin", "repeat", "validate_only")
        command = StartTourCommand(**_ship(request), **_itinerary(request), **flags, request_id=request.request_id)
        started = await self._mediator.send(command)
        return pb.StartTourResponse(voyage=to_voyage(started.voyages[0]), solution=to_solution(started.solution))

    async def DispatchFleet(self, request: pb.DispatchFleetRequest, context: Context) -> pb.DispatchFleetResponse:
        started = await self._mediator.send(_dispatch(request))
        return pb.DispatchFleetResponse(
            voyages=to_voyages(started.voyages),
            unreachable_stops=started.unreachable_stops,
            idle_ship_symbols=started.idle_ship_symbols,
            solution=to_solution(started.solution),
        )

    async def PlanRoute(self, request: pb.PlanRouteRequest, context: Context) -> pb.PlanRouteResponse:
        options = from_options(request.options)
        query = PlanRouteQuery(**_ship(request), destination=request.destination, options=options)
        return pb.PlanRouteResponse(route=to_route(await self._mediator.send(query)))

    async def GetRoute(self, request: pb.GetRouteRequest, context: Context) -> pb.GetRouteResponse:
        return pb.GetRouteResponse(route=to_route(await self._mediator.send(GetRouteQuery(request.voyage_id))))

    async def GetVoyage(self, request: pb.GetVoyageRequest, context: Context) -> pb.GetVoyageResponse:
        return pb.GetVoyageResponse(voyage=to_voyage(await self._mediator.send(GetVoyageQuery(request.voyage_id))))

    async def CancelVoyage(self, request: pb.CancelVoyageRequest, context: Context) -> pb.CancelVoyageResponse:
        command = CancelVoyageCommand(request.voyage_id)
        return pb.CancelVoyageResponse(voyage=to_voyage(await self._mediator.send(command)))

    async def ListVoyages(self, request: pb.ListVoyagesRequest, context: Context) -> pb.ListVoyagesResponse:
        query = ListVoyagesQuery(**_ship(request), **_page(request), states=tuple(request.states))
        page = await self._mediator.send(query)
        return pb.ListVoyagesResponse(voyages=to_voyages(page.voyages), next_page_token=page.next_page_token)

    async def WatchVoyage(
        self, request: pb.WatchVoyageRequest, context: Context
    ) -> AsyncIterator[pb.WatchVoyageResponse]:
        query = WatchVoyageQuery(request.voyage_id, request.after_event_number)
        async with aclosing(self._mediator.stream(query)) as events:
            async for event in events:
                yield pb.WatchVoyageResponse(event=to_event(event))

    async def GetShip(self, request: pb.GetShipRequest, context: Context) -> pb.GetShipResponse:
        query = GetShipQuery(**_ship(request), refresh=request.refresh)
        return pb.GetShipResponse(ship=to_ship(await self._mediator.send(query)))

    async def ListShips(self, request: pb.ListShipsRequest, context: Context) -> pb.ListShipsResponse:
        page = await self._mediator.send(ListShipsQuery(**_player(request), **_page(request), refresh=request.refresh))
        return pb.ListShipsResponse(
            ships=map(to_ship, page.ships),
            next_page_token=page.next_page_token,
            unreadable_ship_symbols=page.unreadable_ship_symbols,
        )

    async def OrbitShip(self, request: pb.OrbitShipRequest, context: Context) -> pb.OrbitShipResponse:
        return pb.OrbitShipResponse(ship=to_ship(await self._mediator.send(OrbitShipCommand(**_ship(request)))))

    async def DockShip(self, request: pb.DockShipRequest, context: Context) -> pb.DockShipResponse:
        return pb.DockShipResponse(ship=to_ship(await self._mediator.send(DockShipCommand(**_ship(request)))))

    async def RefuelShip(self, request: pb.RefuelShipRequest, context: Context) -> pb.RefuelShipResponse:
        return pb.RefuelShipResponse(ship=to_ship(await self._mediator.send(RefuelShipCommand(**_ship(request)))))

    async def SetFlightMode(self, request: pb.SetFlightModeRequest, context: Context) -> pb.SetFlightModeResponse:
        command = SetFlightModeCommand(**_ship(request), flight_mode=request.flight_mode)
        return pb.SetFlightModeResponse(ship=to_ship(await self._mediator.send(command)))

    async def GetSystemGraph(self, request: pb.GetSystemGraphRequest, context: Context) -> pb.GetSystemGraphResponse:
        query = GetSystemGraphQuery(request.system_symbol, **_player(request), refresh=request.refresh)
        graph = await self._mediator.send(query)
        return pb.GetSystemGraphResponse(
            graph=to_graph(graph),
            universe=graph.universe,
            fetch_time=datetime_to_timestamp(graph.fetch_time),
            unknown_fuel_waypoints=graph.unknown_fuel_waypoints,
        )

    async def GetGameBudget(self, request: pb.GetGameBudgetRequest, context: Context) -> pb.GetGameBudgetResponse:
        budget = await self._mediator.send(GetGameBudgetQuery())
        return pb.GetGameBudgetResponse(
            requests_last_minute=budget.requests_last_minute,
            limit_per_minute=budget.limit_per_minute,
            paused_until=datetime_to_timestamp(budget.paused_until),
            players=[pb.PlayerGameBudget(agent_symbol=a, requests_last_minute=n) for a, n in budget.by_agent],
        )


def register(server: grpc.aio.Server, servicer: NavigationServicer) -> None:
    pb_grpc.add_NavigationServiceServicer_to_server(servicer, server)


def _dispatch(request: pb.DispatchFleetRequest) -> DispatchFleetCommand:
    return DispatchFleetCommand(
        tuple(request.ship_symbols),
        objective=request.objective,
        request_id=request.request_id,
        **_player(request),
        **_itinerary(request),
        **_flags(request, "return_to_origin", "repeat", "validate_only"),
    )


def _itinerary(request: Any) -> dict[str, Any]:
    return {"waypoints": tuple(request.waypoints), "options": from_options(request.options)}


def _flags(request: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(request, name) for name in names}


def _player(request: Any) -> dict[str, Any]:
    return {"player_id": request.player_id, "agent_symbol": request.agent_symbol}


def _ship(request: Any) -> dict[str, Any]:
    return {"ship_symbol": request.ship_symbol, **_player(request)}


def _page(request: Any) -> dict[str, Any]:
    return {"page_size": request.page_size, "page_token": request.page_token}
