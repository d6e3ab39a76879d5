"""A caller who knows the contract: what it says is to be waited out is, and what it does not know is counted."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc

from protos.navigation.v1 import navigation_pb2, navigation_service_pb2
from service_chassis.status import remote_error
from tests.e2e.chaos.fleet import Trip
from tests.e2e.chaos.report import Effect, Flown

State = navigation_pb2.Voyage.State
ACTIVE = (State.STATE_PLANNED, State.STATE_UNDER_WAY)
_PATIENT = (
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
)


class Caller:
    """`stub` is the navigation service's; `surprises` are the errors that callers should not see."""

    def __init__(self, stub: Any, chance: random.Random) -> None:
        self.surprises: Counter[str] = Counter()
        self._stub = stub
        self._chance = chance

    async def start(self, trip: Trip, *, repeat: bool = False) -> str:
        """The id of the voyage."""
        asked: dict[str, Any] = {"ship_symbol": trip.ship_symbol, "request_id": f"trip of {trip.ship_symbol}"}
        if len(trip.stops) == 1:
            request: Any = navigation_service_pb2.NavigateShipRequest(destination=trip.stops[0], **asked)
            answer = await self.patiently(self._stub.NavigateShip, request)
        else:
            request = navigation_service_pb2.StartTourRequest(
                waypoints=trip.stops, optimize_order=True, repeat=repeat, **asked
            )
            answer = await self.patiently(self._stub.StartTour, request)
        return str(answer.voyage.voyage_id)

    async def voyage(self, voyage_id: str) -> Any:
        request = navigation_service_pb2.GetVoyageRequest(voyage_id=voyage_id)
        return (await self.patiently(self._stub.GetVoyage, request)).voyage

    async def until_none_is_active(self, agent_symbol: str) -> None:
        request = navigation_service_pb2.ListVoyagesRequest(agent_symbol=agent_symbol, states=ACTIVE, page_size=1)
        while True:
            if not (await self.patiently(self._stub.ListVoyages, request)).voyages:
                return
            await asyncio.sleep(1)

    async def cancel(self, voyage_id: str) -> None:
        """Unless it has ended by itself."""
        if (await self.voyage(voyage_id)).state in ACTIVE:
            request = navigation_service_pb2.CancelVoyageRequest(voyage_id=voyage_id)
            await self.patiently(self._stub.CancelVoyage, request)

    async def outcome(self, voyage_id: str, trip: Trip) -> Flown:
        """What became of it."""
        request = navigation_service_pb2.GetVoyageRequest(voyage_id=voyage_id)
        try:
            voyage = (await self._stub.GetVoyage(request)).voyage
        except grpc.aio.AioRpcError:
            return Flown(voyage_id, trip.ship_symbol, trip.origin, (), state="")
        events = [event async for event in self._events(voyage)]
        return Flown(
            voyage_id,
            trip.ship_symbol,
            trip.origin,
            plan=tuple(_effect(step) for step in events[0].accepted.route.steps),
            state=State.Name(voyage.state).removeprefix("STATE_") if voyage.state not in ACTIVE else "",
            failure=voyage.failure.reason,
            replans=sum(event.HasField("replanned") for event in events),
            gaps=[event.number for event in events] != list(range(1, voyage.last_event_number + 1)),
        )

    async def patiently(self, method: Any, request: Any) -> Any:
        while True:
            try:
                return await method(request, timeout=15)
            except grpc.aio.AioRpcError as failure:
                if failure.code() not in _PATIENT:
                    error = remote_error(failure)
                    self.surprises[f"{type(request).__name__} {error.code.name} {error.reason}"] += 1
            await asyncio.sleep(self._chance.uniform(0.2, 1.0))

    async def _events(self, voyage: Any) -> AsyncIterator[Any]:
        """Those that are stored."""
        request = navigation_service_pb2.WatchVoyageRequest(voyage_id=voyage.voyage_id)
        async for answer in self._stub.WatchVoyage(request):
            yield answer.event
            if answer.event.number >= voyage.last_event_number:
                return


def _effect(step: Any) -> Effect:
    return ("refuel", step.refuel.waypoint) if step.HasField("refuel") else ("navigate", step.navigate.to_waypoint)
