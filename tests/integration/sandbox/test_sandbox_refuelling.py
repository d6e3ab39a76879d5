"""What a tank of fuel costs, where it is sold, and how the hold can stand in for the market."""

import pytest

from tests.fakes.sandbox_driver import Driver

SHIP = "/my/ships/ACE-1"


async def docked_with(game: Driver, fuel: int) -> None:
    await game.place("ACE-1", game.home.waypoints[0].symbol, status="DOCKED", fuel=fuel)


@pytest.mark.parametrize(
    ("fuel", "body", "added", "units"),
    [
        (364, {}, 36, 1),
        (300, {}, 100, 1),
        (299, {}, 101, 2),
        (0, {}, 400, 4),
        (100, {"units": 50}, 50, 1),
        (100, {"units": 200}, 200, 2),
        (399, {"units": 1000}, 1, 1),
        (0, {"units": 150, "fromCargo": False}, 150, 2),
    ],
)
async def test_every_started_hundred_is_charged_and_the_tank_never_overflows(
    game: Driver, fuel: int, body: object, added: int, units: int
) -> None:
    await docked_with(game, fuel)

    answer = (await game.post(f"{SHIP}/refuel", body)).data

    assert fuel + added == answer["fuel"]["current"]
    assert (units, 72, 72 * units) == tuple(answer["transaction"][k] for k in ("units", "pricePerUnit", "totalPrice"))
    assert 175_000 - 72 * units == answer["agent"]["credits"]
    assert "cargo" not in answer


async def test_a_full_tank_costs_nothing_and_changes_nothing(game: Driver) -> None:
    answer = (await game.post(f"{SHIP}/refuel")).data

    assert (answer["transaction"]["units"], answer["transaction"]["totalPrice"]) == (0, 0)
    assert answer["agent"]["credits"] == 175_000
    assert (await game.log())[-1]["result"] == "no_op"


async def test_a_ship_in_orbit_is_not_refuelled(game: Driver) -> None:
    await game.post(f"{SHIP}/orbit")

    assert (await game.post(f"{SHIP}/refuel")).code == 4244


async def test_fuel_is_not_sold_without_a_market(game: Driver) -> None:
    rock = game.find("ASTEROID").symbol
    await game.place("ACE-1", rock, status="DOCKED", fuel=1)

    error = (await game.post(f"{SHIP}/refuel")).error

    assert (4601, {"waypointSymbol": rock, "tradeSymbol": "FUEL"}) == (error["code"], error["data"])


async def test_the_poor_are_told_what_it_would_cost(game: Driver) -> None:
    await docked_with(game, 0)
    await game.admin("/agents", agent="ACE", credits=287)

    error = (await game.post(f"{SHIP}/refuel")).error

    assert error["code"] == 4600
    assert error["data"] == {
        "agentCredits": 287,
        "totalPrice": 288,
        "tradeSymbol": "FUEL",
        "units": 4,
        "purchasePrice": 72,
    }
    assert (await game.get(SHIP)).data["fuel"]["current"] == 0


@pytest.mark.parametrize("body", [{"units": 0}, {"units": -1}, {"units": 1.5}, {"units": "9"}, {"fromCargo": "yes"}])
async def test_bad_amounts_are_named(game: Driver, body: dict[str, object]) -> None:
    error = (await game.post(f"{SHIP}/refuel", body)).error

    assert (422, list(body)) == (error["code"], list(error["data"]))


async def test_an_empty_hold_refuels_nothing(game: Driver) -> None:
    await docked_with(game, 0)

    assert (await game.post(f"{SHIP}/refuel", {"fromCargo": True})).code == 4218


async def test_the_hold_refuels_anywhere_for_nothing(game: Driver) -> None:
    bought = (await game.post(f"{SHIP}/purchase", {"symbol": "FUEL", "units": 3})).data
    await game.place("ACE-1", game.find("ASTEROID").symbol, status="DOCKED", fuel=150)

    answer = (await game.post(f"{SHIP}/refuel", {"fromCargo": True})).data

    assert 3 == bought["cargo"]["units"] == bought["cargo"]["inventory"][0]["units"]
    assert (answer["fuel"]["current"], answer["transaction"]["totalPrice"], answer["cargo"]["units"]) == (400, 0, 0)
    assert answer["agent"]["credits"] == 175_000 - 3 * 72


async def test_a_hold_with_too_little_refuels_nothing(game: Driver) -> None:
    await game.post(f"{SHIP}/purchase", {"symbol": "FUEL", "units": 3})
    await docked_with(game, 0)

    error = (await game.post(f"{SHIP}/refuel", {"fromCargo": True})).error

    assert error["code"] == 4219
    assert error["data"] == {"shipSymbol": "ACE-1", "tradeSymbol": "FUEL", "cargoUnits": 3, "unitsToRemove": 4}


async def test_trades_are_held_to_offer_volume_hold_and_purse(game: Driver) -> None:
    async def trade(action: str, good: str, units: int) -> int:
        reply = await game.post(f"{SHIP}/{action}", {"symbol": good, "units": units})
        return reply.status if reply.status < 400 else reply.code

    assert await trade("purchase", "ANTIMATTER", 1) == 4601
    assert await trade("purchase", "FUEL", 181) == 4604
    assert await trade("purchase", "FUEL", 41) == 4217
    assert await trade("purchase", "FUEL", 40) == 201
    assert await trade("sell", "ANTIMATTER", 1) == 4602
    assert await trade("sell", "FUEL", 41) == 4219
    assert await trade("sell", "FUEL", 40) == 201
    assert await trade("sell", "FUEL", 1) == 4218
    assert (await game.get("/my/agent")).data["credits"] == 175_000 - 40 * (72 - 68)


async def test_a_trade_can_be_looked_up_by_those_present(game: Driver) -> None:
    await docked_with(game, 0)
    paid = (await game.post(f"{SHIP}/refuel")).data["transaction"]

    here = game.home.waypoints[0]
    market = (await game.get(f"/systems/{here.system}/waypoints/{here.symbol}/market")).data

    assert [paid] == market["transactions"]
