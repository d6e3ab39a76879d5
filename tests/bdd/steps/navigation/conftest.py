"""The steps that the navigation features share: through the real port, with game, players and planner in memory."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, then, when

from navigation_service.domain.voyage import GameAction
from protos.navigation.v1 import navigation_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2 as service_pb
from protos.routing.v1 import routing_pb2 as routing
from service_chassis.status import RemoteError
from tests.fakes.navigation_component import FarSide, NavigationComponent, running, settings_for
from tests.fakes.navigation_game import Fault, Place

# The 223 s of a flight over 300 take 0.6 s, or 2.4 s where something is to happen meanwhile, also on a slow machine.
TIME_SCALE, EVENTFUL_TIME_SCALE = 400.0, 100.0


class Story:
    """What has happened so far: the voyages that were accepted, and the last refusal."""

    def __init__(self, runner: asyncio.Runner, directory: Path) -> None:
        self.far_side = FarSide(TIME_SCALE, places=())
        self.voyages: list[pb.Voyage] = []
        self.answers: list[Any] = []
        self.error: RemoteError | None = None
        self._runner = runner
        self._settings = settings_for(directory, game_time_scale=TIME_SCALE)
        self._process: AbstractAsyncContextManager[NavigationComponent] | None = None
        self._service: NavigationComponent | None = None

    @property
    def service(self) -> NavigationComponent:
        """Starts with the first request, when the world is arranged."""
        if self._service is None:
            self._process = running(self._settings, self.far_side)
            self._service = self.run(self._process.__aenter__())
        return self._service

    @property
    def voyage_id(self) -> str:
        return self.voyages[-1].voyage_id

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def stop(self) -> None:
        if self._process is not None:
            self.run(self._process.__aexit__(None, None, None))
        self._process = self._service = None

    def act(self, method: str, request: Any) -> None:
        self.error = None
        try:
            answer = self.run(self.service.answer(method, request))
        except RemoteError as error:
            self.error = error
        else:
            self.voyages += answer.voyages if hasattr(answer, "voyages") else [answer.voyage]
            self.answers.append(answer)

    def navigate(self, ship: str, destination: str, modes: str = "", request_id: str = "") -> None:
        request = service_pb.NavigateShipRequest(
            ship_symbol=ship, destination=destination, options=options_of(modes), request_id=request_id
        )
        self.act("NavigateShip", request)

    def events(self, until: str = "") -> list[pb.VoyageEvent]:
        """All of the last voyage, once it has ended, or come to the event `until`."""
        events = self.run(self.service.watch(self.voyage_id, until=until))
        assert isinstance(events, list)
        return events

    def ended(self) -> pb.Voyage:
        self.events()
        voyage = self.run(self.service.voyage(self.voyage_id))
        assert isinstance(voyage, pb.Voyage)
        return voyage


def options_of(modes: str) -> routing.RouteOptions:
    numbers = [routing.FlightMode.Value(f"FLIGHT_MODE_{mode}") for mode in modes.split(", ") if mode]
    return routing.RouteOptions(allowed_flight_modes=numbers)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with asyncio.Runner() as runner:
        story = Story(runner, tmp_path)
        yield story
        story.stop()


@given("the waypoints")
def _(story: Story, datatable: list[list[str]]) -> None:
    for symbol, x, y, sells_fuel in datatable[1:]:
        place = Place(symbol, int(x), int(y), sells_fuel == "yes", marketplace=sells_fuel == "not really")
        story.far_side.game.chart(place)


@given(parsers.parse("the ship {ship} is docked at {waypoint} with {fuel:d} of {capacity:d} fuel"))
def _(story: Story, ship: str, waypoint: str, fuel: int, capacity: int) -> None:
    story.far_side.game.launch(ship, waypoint, fuel=fuel, fuel_capacity=capacity)


@given(parsers.parse("{ship} has {fuel:d} fuel left"))
def _(story: Story, ship: str, fuel: int) -> None:
    game = story.far_side.game
    game.launch(ship, game.ships[ship].waypoint_symbol, fuel=fuel)


@given(parsers.parse("{ship} is on its way to {destination}"))
def _(story: Story, ship: str, destination: str) -> None:
    story.far_side.game.time_scale = EVENTFUL_TIME_SCALE
    story.navigate(ship, destination)
    story.events(until="departed")
    story.far_side.game.time_scale = TIME_SCALE


@given("the voyage has completed")
def _(story: Story) -> None:
    assert story.ended().state == pb.Voyage.STATE_COMPLETED


@given(parsers.parse("I navigated {ship} to {destination} in {modes} alone, in vain"))
def _(story: Story, ship: str, destination: str, modes: str) -> None:
    story.navigate(ship, destination, modes)
    assert story.ended().state == pb.Voyage.STATE_FAILED


@given(parsers.parse("the game will lose its next answer to {call}"))
def _(story: Story, call: str) -> None:
    story.far_side.game.fail(GameAction(call), Fault.LOST_AFTER)


@when(
    parsers.re(
        r"I navigate (?P<ship>\S+) to (?P<destination>\S+)"
        r"( in (?P<modes>[A-Z, ]+?)( alone)?)?( under the request id (?P<request_id>.+))?"
    )
)
def _(story: Story, ship: str, destination: str, modes: str | None, request_id: str | None) -> None:
    story.navigate(ship, destination, modes or "", request_id or "")


@when("I cancel the voyage")
def _(story: Story) -> None:
    story.act("CancelVoyage", service_pb.CancelVoyageRequest(voyage_id=story.voyage_id))


@when(parsers.parse("somebody moves {ship} to {waypoint}"))
def _(story: Story, ship: str, waypoint: str) -> None:
    story.far_side.game.move(ship, waypoint)


@when(parsers.parse("somebody fills the tank of {ship}"))
def _(story: Story, ship: str) -> None:
    game = story.far_side.game
    flying = game.ships[ship]
    game.move(ship, flying.waypoint_symbol, fuel=flying.fuel_capacity)


@when("the service is restarted")
def _(story: Story) -> None:
    story.stop()


@when("the game does not answer for a second")
def _(story: Story) -> None:
    async def an_outage() -> None:
        story.far_side.game.down = True
        await asyncio.sleep(1)
        story.far_side.game.down = False

    story.run(an_outage())


@then("the voyage completes")
def _(story: Story) -> None:
    voyage = story.ended()
    assert voyage.state == pb.Voyage.STATE_COMPLETED, voyage.failure


@then("the voyage has completed at once, with nothing to fly")
def _(story: Story) -> None:
    assert story.voyages[-1].state == pb.Voyage.STATE_COMPLETED
    assert not story.voyages[-1].route.steps


@then(parsers.parse("the voyage fails with {reason}"))
def _(story: Story, reason: str) -> None:
    voyage = story.ended()
    assert (voyage.state, voyage.failure.reason) == (pb.Voyage.STATE_FAILED, reason)


@then("the voyage is cancelled")
def _(story: Story) -> None:
    assert story.ended().state == pb.Voyage.STATE_CANCELLED


@then(parsers.parse("{ship} is at {waypoint}"))
def _(story: Story, ship: str, waypoint: str) -> None:
    found = story.far_side.game.ships[ship]
    assert (found.waypoint_symbol, found.in_transit) == (waypoint, False)


@then(parsers.parse("{ship} flies on to {waypoint}"))
def _(story: Story, ship: str, waypoint: str) -> None:
    found = story.far_side.game.ships[ship]
    assert (found.waypoint_symbol, found.in_transit) == (waypoint, True)


@then(parsers.parse("{ship} is free"))
def _(story: Story, ship: str) -> None:
    answer = story.run(story.service.answer("GetShip", service_pb.GetShipRequest(ship_symbol=ship)))
    assert answer.ship.voyage_id == ""


@then(parsers.parse("it refuelled once, at {waypoint}, for {credits:d} credits"))
def _(story: Story, waypoint: str, credits: int) -> None:
    refuels = [event.refuelled for event in story.events() if event.HasField("refuelled")]
    assert [(each.waypoint, each.credits) for each in refuels] == [(waypoint, credits)]


@then("it refuelled not at all")
def _(story: Story) -> None:
    assert not any(event.HasField("refuelled") for event in story.events())


@then("the game was paid for one refuelling")
def _(story: Story) -> None:
    assert len(story.far_side.game.applied(GameAction.REFUEL)) == 1


@then(parsers.parse("it was planned anew, as {waypoint} sells no fuel"))
def _(story: Story, waypoint: str) -> None:
    [replanned] = [event.replanned for event in story.events() if event.HasField("replanned")]
    assert replanned.cause == f"{waypoint} sells no fuel"


@then(parsers.parse("it was planned anew from {waypoint}"))
def _(story: Story, waypoint: str) -> None:
    [replanned] = [event.replanned for event in story.events() if event.HasField("replanned")]
    assert replanned.route.origin == waypoint


@then(parsers.parse("I was told that it was {kinds}"))
def _(story: Story, kinds: str) -> None:
    assert [event.WhichOneof("detail") for event in story.events()] == kinds.split(", ")


@then(parsers.parse("I am refused with {reason}"))
def _(story: Story, reason: str) -> None:
    assert story.error is not None
    assert story.error.reason == reason


@then("I got the same voyage twice")
def _(story: Story) -> None:
    first, second = story.voyages
    assert first.voyage_id == second.voyage_id
