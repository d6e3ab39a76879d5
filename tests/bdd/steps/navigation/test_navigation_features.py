"""The steps of tours and fleets, beside those that all navigation features share."""

from datetime import timedelta
from typing import Any

from pytest_bdd import given, parsers, scenarios, then, when

from protos.navigation.v1 import navigation_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2 as service_pb
from protos.routing.v1 import routing_pb2 as routing

scenarios("navigation")

# What the shared steps call Story; a conftest is not to be imported.
Story = Any


def start_tour(story: Story, ship: str, stops: str, modes: str = "", **fields: Any) -> None:
    numbers = [routing.FlightMode.Value(f"FLIGHT_MODE_{mode}") for mode in modes.split(", ") if mode]
    options = routing.RouteOptions(allowed_flight_modes=numbers)
    request = service_pb.StartTourRequest(ship_symbol=ship, waypoints=stops.split(", "), options=options, **fields)
    story.act("StartTour", request)


@given(parsers.parse("{ship} is on a tour of {stops} in the best order"))
def _(story: Story, ship: str, stops: str) -> None:
    start_tour(story, ship, stops, optimize_order=True)
    story.events(until="departed")


@given(parsers.parse("{ship} is on a standing tour of {stops}"))
def _(story: Story, ship: str, stops: str) -> None:
    start_tour(story, ship, stops, optimize_order=True, repeat=True)


@when(
    parsers.re(
        r"(?P<ship>\S+) tours (?P<stops>\S+(, \S+)*)"
        r"( in the (?P<order>best order|order given))?(?P<closed> and returns)?"
        r"(?P<again> round after round)?( in (?P<modes>[A-Z, ]+?) alone)?"
    )
)
def _(
    story: Story, ship: str, stops: str, order: str | None, closed: str | None, again: str | None, modes: str | None
) -> None:
    best = order == "best order"
    start_tour(story, ship, stops, modes or "", optimize_order=best, return_to_origin=bool(closed), repeat=bool(again))


@when(parsers.parse("I ask for the plan of a tour of {ship} over {stops}"))
def _(story: Story, ship: str, stops: str) -> None:
    start_tour(story, ship, stops, optimize_order=True, validate_only=True)


@when(
    parsers.re(
        r"I dispatch (?P<ships>\S+(, \S+)*) over (?P<stops>\S+(, \S+)*)"
        r"( in (?P<modes>[A-Z, ]+?) alone)?( under the request id (?P<request_id>.+))?"
    )
)
def _(story: Story, ships: str, stops: str, modes: str | None, request_id: str | None) -> None:
    numbers = [routing.FlightMode.Value(f"FLIGHT_MODE_{mode}") for mode in (modes or "").split(", ") if mode]
    request = service_pb.DispatchFleetRequest(
        ship_symbols=ships.split(", "),
        waypoints=stops.split(", "),
        options=routing.RouteOptions(allowed_flight_modes=numbers),
        request_id=request_id or "",
    )
    story.act("DispatchFleet", request)


@when("it has completed a round")
def _(story: Story) -> None:
    assert story.events(until="round_completed")[-1].round_completed.round == 1


@then(parsers.parse("it visited {stops}"))
def _(story: Story, stops: str) -> None:
    visits = sorted(story.ended().stops, key=lambda stop: stop.visit_time.ToNanoseconds())
    assert [stop.waypoint_symbol for stop in visits] == stops.split(", ")


@then(parsers.parse("I see the order {stops}"))
def _(story: Story, stops: str) -> None:
    voyage = story.voyages[-1]
    assert [stop.waypoint_symbol for stop in voyage.stops] == stops.split(", ")
    assert voyage.voyage_id == ""


@then(parsers.parse("the refusal names {symbols}"))
def _(story: Story, symbols: str) -> None:
    if symbols.startswith("the voyage of "):
        ship = symbols.removeprefix("the voyage of ")
        (holder,) = [voyage.voyage_id for voyage in story.voyages if voyage.ship_symbol == ship]
        assert story.error.metadata["voyage_id"] == holder
        assert ship in story.error.message
    else:
        assert story.error.metadata["unreachable"].split(",") == symbols.split(", ")


@then("its next round begins a minute after the first began")
def _(story: Story) -> None:
    voyage = story.run(story.service.voyage(story.voyage_id))
    assert (voyage.round, voyage.state) == (2, pb.Voyage.STATE_UNDER_WAY)
    begins = voyage.next_action_time.ToDatetime() - voyage.create_time.ToDatetime()
    assert begins == timedelta(seconds=60)


@then(parsers.parse("there is a voyage of {ship} over {stops}"))
def _(story: Story, ship: str, stops: str) -> None:
    (voyage,) = [voyage for voyage in story.voyages if voyage.ship_symbol == ship]
    assert [stop.waypoint_symbol for stop in voyage.stops] == stops.split(", ")


@then("all voyages complete")
def _(story: Story) -> None:
    for voyage in story.voyages:
        assert story.run(story.service.watch(voyage.voyage_id))[-1].state == pb.Voyage.STATE_COMPLETED


@then(parsers.parse("I am told that nobody reaches {stops}"))
def _(story: Story, stops: str) -> None:
    assert list(story.answers[-1].unreachable_stops) == stops.split(", ")


@then(parsers.parse("I am told that {ships} stays idle"))
def _(story: Story, ships: str) -> None:
    assert list(story.answers[-1].idle_ship_symbols) == ships.split(", ")


@then("I got the same voyages twice")
def _(story: Story) -> None:
    first, second = ([voyage.voyage_id for voyage in answer.voyages] for answer in story.answers)
    assert first == second
