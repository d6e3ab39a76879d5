"""Every precondition of moving a ship, and the code it is refused with."""

from fractions import Fraction
from typing import Any

import pytest

from tests.fakes.sandbox_driver import Driver, make_driver

SHIP = "/my/ships/ACE-1"


async def fly(game: Driver, waypoint: str) -> Any:
    """Leave the dock and depart."""
    await game.post(f"{SHIP}/orbit")
    return (await game.post(f"{SHIP}/navigate", {"waypointSymbol": waypoint})).data


async def test_orbit_and_dock_change_the_status_and_repeat_without_harm(game: Driver) -> None:
    seen = [
        (await game.post(f"{SHIP}/{action}")).data["nav"]["status"] for action in ("orbit", "orbit", "dock", "dock")
    ]

    assert seen == ["IN_ORBIT", "IN_ORBIT", "DOCKED", "DOCKED"]
    assert [entry["result"] for entry in (await game.log())[1:]] == ["applied", "no_op", "applied", "no_op"]


async def test_a_flight_takes_its_fuel_at_departure_and_its_whole_seconds(game: Driver) -> None:
    there = game.find("FUEL_STATION")
    answer = await fly(game, there.symbol)
    nav, fuel = answer["nav"], answer["fuel"]

    assert ("IN_TRANSIT", there.symbol, game.home.symbol) == (
        nav["status"],
        nav["waypointSymbol"],
        nav["systemSymbol"],
    )
    assert 400 - fuel["current"] == fuel["consumed"]["amount"] > 0
    assert answer["events"] == []
    assert nav["route"]["departureTime"].endswith(":40.000Z")
    assert nav["route"]["arrival"].endswith(".000Z")


async def test_a_ship_arrives_by_itself_and_keeps_its_last_route(game: Driver) -> None:
    there = game.find("FUEL_STATION")
    answer = await fly(game, there.symbol)
    seconds = answer["nav"]["route"]

    game.wall.pass_seconds(3600)
    nav = (await game.get(SHIP)).data["nav"]

    assert nav["status"] == "IN_ORBIT"
    assert seconds == nav["route"]


async def test_a_ship_in_the_dock_does_not_navigate(game: Driver) -> None:
    error = (await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("FUEL_STATION").symbol})).error

    assert (4236, {"waypointSymbol": game.home.waypoints[0].symbol}) == (error["code"], error["data"])


@pytest.mark.parametrize("action", ["orbit", "dock", "navigate", "refuel", "jump", "warp", "purchase", "sell"])
async def test_a_ship_under_way_does_nothing_else(game: Driver, action: str) -> None:
    station = game.find("FUEL_STATION").symbol
    await fly(game, station)
    game.wall.pass_seconds(1)

    body = {"waypointSymbol": station, "symbol": "FUEL", "units": 1}
    reply = await game.post(f"{SHIP}/{action}", body)

    assert (reply.status, reply.code) == (400, 4214)
    assert {"departureSymbol", "destinationSymbol", "arrival", "departureTime", "secondsToArrival"} == reply.error[
        "data"
    ].keys()
    assert reply.error["data"]["secondsToArrival"] > 0


async def test_destinations_are_checked_in_order(game: Driver) -> None:
    home, here = game.home, game.home.waypoints[0].symbol
    elsewhere = next(s for s in game.sandbox.game.galaxy.systems.values() if s.symbol != home.symbol and s.waypoints)
    await game.post(f"{SHIP}/orbit")
    wanted = {
        elsewhere.waypoints[0].symbol: 4202,
        f"{elsewhere.symbol}-NOWHERE": 4202,
        f"{home.symbol}-NOWHERE": 4201,
        "X9-NOWHERE-A1": 4201,
        "nonsense": 4201,
        here: 4204,
        here.lower(): 4204,
    }

    codes = {symbol: (await game.post(f"{SHIP}/navigate", {"waypointSymbol": symbol})).code for symbol in wanted}

    assert wanted == codes


@pytest.mark.parametrize("body", [{}, {"waypointSymbol": ""}, {"waypointSymbol": 5}, {"waypointSymbol": None}])
async def test_a_missing_destination_is_named_before_the_state_of_the_ship(game: Driver, body: object) -> None:
    reply = await game.post(f"{SHIP}/navigate", body)

    assert (reply.status, reply.code) == (422, 422)
    assert list(reply.error["data"]) == ["waypointSymbol"]


async def test_a_tank_must_cover_the_trip_and_may_end_empty(game: Driver) -> None:
    here, there = game.home.waypoints[0], game.find("FUEL_STATION")
    await game.place("ACE-1", here.symbol, status="IN_ORBIT", fuel=400)
    cost = (await fly(game, there.symbol))["fuel"]["consumed"]["amount"]

    await game.place("ACE-1", here.symbol, status="IN_ORBIT", fuel=cost - 1)
    refused = (await game.post(f"{SHIP}/navigate", {"waypointSymbol": there.symbol})).error
    await game.place("ACE-1", here.symbol, fuel=cost)
    flown = (await game.post(f"{SHIP}/navigate", {"waypointSymbol": there.symbol})).data

    assert refused["code"] == 4203
    assert {"shipSymbol": "ACE-1", "fuelRequired": cost, "fuelAvailable": cost - 1} == refused["data"]
    assert flown["fuel"]["current"] == 0


async def test_a_ship_with_an_empty_tank_cannot_even_drift(game: Driver) -> None:
    await game.place("ACE-1", game.home.waypoints[0].symbol, status="IN_ORBIT", fuel=0)
    await game.patch(f"{SHIP}/nav", {"flightMode": "DRIFT"})

    assert (await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("JUMP_GATE").symbol})).code == 4203


async def test_a_probe_flies_anywhere_on_nothing(game: Driver) -> None:
    await game.post("/my/ships/ACE-2/orbit")
    answer = (await game.post("/my/ships/ACE-2/navigate", {"waypointSymbol": game.find("JUMP_GATE").symbol})).data

    assert {k: answer["fuel"][k] for k in ("current", "capacity")} == {"current": 0, "capacity": 0}
    assert answer["fuel"]["consumed"]["amount"] == 0


async def test_a_mode_is_kept_over_trips_and_can_be_chosen_in_the_dock(game: Driver) -> None:
    answer = (await game.patch(f"{SHIP}/nav", {"flightMode": "BURN"})).data
    await fly(game, game.find("MOON").symbol)
    game.wall.pass_seconds(1000)

    assert {"nav", "fuel", "events"} == answer.keys()
    assert "BURN" == answer["nav"]["flightMode"] == (await game.get(SHIP)).data["nav"]["flightMode"]


@pytest.mark.parametrize("mode", ["WARP", "burn", "", None, 1])
async def test_an_unknown_mode_is_refused(game: Driver, mode: object) -> None:
    assert (await game.patch(f"{SHIP}/nav", {"flightMode": mode})).code == 422


async def test_a_faster_mode_under_way_shortens_the_rest_and_is_paid_for(game: Driver) -> None:
    before = await fly(game, game.find("FUEL_STATION").symbol)
    cruise = before["fuel"]["consumed"]["amount"]
    game.wall.pass_seconds(10)

    after = (await game.patch(f"{SHIP}/nav", {"flightMode": "BURN"})).data

    assert after["nav"]["route"]["arrival"] < before["nav"]["route"]["arrival"]
    assert after["nav"]["route"]["arrival"].endswith(".000Z")
    assert cruise < after["fuel"]["consumed"]["amount"] < 2 * cruise
    assert after["fuel"]["current"] + after["fuel"]["consumed"]["amount"] == 400


async def test_a_slower_mode_under_way_is_refused_and_the_same_is_not(game: Driver) -> None:
    await fly(game, game.find("FUEL_STATION").symbol)

    assert (await game.patch(f"{SHIP}/nav", {"flightMode": "DRIFT"})).code == 4269
    assert (await game.patch(f"{SHIP}/nav", {"flightMode": "CRUISE"})).status == 200


async def test_a_faster_mode_under_way_needs_the_fuel_for_it(game: Driver) -> None:
    station = game.find("FUEL_STATION")
    await game.place("ACE-1", game.home.waypoints[0].symbol, status="IN_ORBIT")
    cost = (await fly(game, station.symbol))["fuel"]["consumed"]["amount"]
    await game.place("ACE-1", game.home.waypoints[0].symbol, fuel=cost)
    await fly(game, station.symbol)

    refused = (await game.patch(f"{SHIP}/nav", {"flightMode": "BURN"})).error

    assert (4203, 0, cost) == (refused["code"], refused["data"]["fuelAvailable"], refused["data"]["fuelRequired"])


async def test_the_time_scale_divides_a_flight_and_rounds_up_to_a_millisecond() -> None:
    driver = make_driver(time_scale=Fraction(60))
    await driver.register()
    await driver.post(f"{SHIP}/orbit")
    moon = next(w for w in driver.home.waypoints if w.type == "MOON" and w.symbol.split("-")[-1] == "A2")

    route = (await driver.post(f"{SHIP}/navigate", {"waypointSymbol": moon.symbol})).data["nav"]["route"]

    assert route["departureTime"].endswith("40.000Z")
    assert route["arrival"].endswith("40.267Z")


async def test_a_purchase_needs_presence_offer_and_credits_in_this_order(game: Driver) -> None:
    yard = (await game.get("/my/ships/ACE-2/nav")).data["waypointSymbol"]
    other = next(w.symbol for w in game.home.waypoints if w.is_shipyard and w.symbol != yard)

    async def buy(ship_type: str, waypoint: str) -> int:
        reply = await game.post("/my/ships", {"shipType": ship_type, "waypointSymbol": waypoint})
        return reply.status if reply.status < 400 else reply.code

    assert await buy("SHIP_PROBE", other) == 4245
    assert await buy("SHIP_PROBE", game.find("ASTEROID").symbol) == 404
    assert await buy("SHIP_DREAM", yard) == 422
    assert await buy("SHIP_HEAVY_FREIGHTER", yard) == 4605
    assert await buy("SHIP_PROBE", yard) == 201
    await game.admin("/agents", agent="ACE", credits=22_999)
    assert await buy("SHIP_PROBE", yard) == 4216


async def test_a_ship_under_way_to_a_yard_is_not_present_there(game: Driver) -> None:
    yard = (await game.get("/my/ships/ACE-2/nav")).data["waypointSymbol"]
    away = game.home.waypoints[0].symbol
    await game.place("ACE-2", away, status="IN_ORBIT")
    await game.post("/my/ships/ACE-2/navigate", {"waypointSymbol": yard})

    assert (await game.post("/my/ships", {"shipType": "SHIP_PROBE", "waypointSymbol": yard})).code == 4245


async def test_a_bought_ship_is_docked_at_the_yard_with_a_full_tank(game: Driver) -> None:
    yard = (await game.get("/my/ships/ACE-2/nav")).data["waypointSymbol"]

    bought = (await game.post("/my/ships", {"shipType": "SHIP_MINING_DRONE", "waypointSymbol": yard})).data

    assert ("ACE-3", "DOCKED", yard) == (
        bought["ship"]["symbol"],
        bought["ship"]["nav"]["status"],
        bought["ship"]["nav"]["waypointSymbol"],
    )
    assert (bought["ship"]["fuel"]["current"], bought["ship"]["fuel"]["capacity"]) == (80, 80)
    assert 175_000 - bought["transaction"]["price"] == bought["agent"]["credits"]
    assert (bought["transaction"]["shipType"], bought["agent"]["shipCount"]) == ("SHIP_MINING_DRONE", 3)
