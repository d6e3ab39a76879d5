"""The public map: pages, filters, and what only those present may see."""

import pytest

from sandbox.world.places import Waypoint
from tests.fakes.sandbox_driver import Driver


async def all_pages(game: Driver, path: str, limit: int) -> tuple[list[dict[str, object]], list[int]]:
    """Every item of a list, and the sizes of its pages up to the first empty one."""
    items: list[dict[str, object]] = []
    sizes: list[int] = []
    while not sizes or sizes[-1]:
        page = (await game.get(f"{path}{'&' if '?' in path else '?'}limit={limit}&page={len(sizes) + 1}")).json
        assert {"total": page["meta"]["total"], "page": len(sizes) + 1, "limit": limit} == page["meta"]
        items += page["data"]
        sizes.append(len(page["data"]))
    assert page["meta"]["total"] == len(items)
    return items, sizes


@pytest.mark.parametrize("limit", [1, 7, 20])
async def test_pages_cover_a_list_once_and_end_empty(game: Driver, limit: int) -> None:
    items, sizes = await all_pages(game, f"/systems/{game.home.symbol}/waypoints", limit)

    assert [w.symbol for w in game.home.waypoints] == [item["symbol"] for item in items]
    assert {limit} == set(sizes[:-2])


async def test_ten_items_are_a_page_unless_asked_otherwise(game: Driver) -> None:
    page = (await game.get("/systems")).json

    assert (len(page["data"]), page["meta"]) == (10, {"total": 42, "page": 1, "limit": 10})


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=21", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=", "limit"),
        ("page=0", "page"),
        ("page=1.5", "page"),
        ("page=99999999999999999999", "page"),
        ("traits=NICE", "traits"),
        ("type=HOUSE", "type"),
        ("type=moon", "type"),
    ],
)
async def test_bad_queries_are_named(game: Driver, query: str, field: str) -> None:
    error = (await game.get(f"/systems/{game.home.symbol}/waypoints?{query}")).error

    assert (422, [field]) == (error["code"], list(error["data"]))
    assert isinstance(error["data"][field][0], str)


@pytest.mark.parametrize("path", ["/my/ships", "/systems", "/factions", "/agents", "/my/contracts"])
async def test_every_list_has_the_same_bounds(game: Driver, path: str) -> None:
    assert {"data", "meta"} == (await game.get(f"{path}?limit=20&page=9")).json.keys()
    assert (await game.get(f"{path}?limit=21")).code == 422


async def test_waypoints_are_filtered_by_type_and_by_all_traits(game: Driver) -> None:
    path = f"/systems/{game.home.symbol}/waypoints"

    moons, _ = await all_pages(game, f"{path}?type=MOON", 20)
    yards, _ = await all_pages(game, f"{path}?traits=MARKETPLACE&traits=SHIPYARD", 20)
    moon_yards, _ = await all_pages(game, f"{path}?type=MOON&traits=SHIPYARD", 20)

    assert [w.symbol for w in game.home.waypoints if w.type == "MOON"] == [w["symbol"] for w in moons]
    assert [w.symbol for w in game.home.waypoints if w.is_shipyard] == [w["symbol"] for w in yards]
    assert len(moon_yards) == 2


async def test_unknown_places_are_404(game: Driver) -> None:
    home, place = game.home.symbol, game.home.waypoints[0].symbol
    other = next(s for s in game.sandbox.game.galaxy.systems if s != home)

    for path in ("/systems/X1-NONE", f"/systems/{home}/waypoints/{home}-NONE", f"/systems/{other}/waypoints/{place}"):
        assert (await game.get(path)).code == 404
    assert (await game.get("/systems/X1-NONE/waypoints")).code == 404


async def test_symbols_are_found_in_any_case(game: Driver) -> None:
    place = game.home.waypoints[0]

    assert (
        place.symbol
        == (await game.get(f"/systems/{place.system.lower()}/waypoints/{place.symbol.lower()}")).data["symbol"]
    )
    assert (await game.get("/my/ships/ace-1")).data["symbol"] == "ACE-1"


async def test_prices_are_for_those_present(game: Driver) -> None:
    here = game.home.waypoints[0]
    path = f"/systems/{here.system}/waypoints/{here.symbol}/market"

    present = (await game.get(path)).data
    await game.place("ACE-1", game.find("FUEL_STATION").symbol)
    absent = (await game.get(path)).data
    game.token = None
    stranger = (await game.get(path)).data

    assert {"symbol", "exports", "imports", "exchange"} == absent.keys() == stranger.keys()
    assert {"transactions", "tradeGoods"} == present.keys() - absent.keys()
    assert "FUEL" in [good["symbol"] for good in absent["exchange"]]
    fuel = next(good for good in present["tradeGoods"] if good["symbol"] == "FUEL")
    assert (fuel["type"], fuel["purchasePrice"], fuel["sellPrice"]) == ("EXCHANGE", 72, 68)


async def test_a_ship_on_its_way_sees_no_prices(game: Driver) -> None:
    there = game.find("FUEL_STATION")
    await game.post("/my/ships/ACE-1/orbit")
    await game.post("/my/ships/ACE-1/navigate", {"waypointSymbol": there.symbol})

    path = f"/systems/{there.system}/waypoints/{there.symbol}/market"
    assert "tradeGoods" not in (await game.get(path)).data
    game.wall.pass_seconds(3600)
    assert "tradeGoods" in (await game.get(path)).data


@pytest.mark.parametrize("part", ["market", "shipyard", "jump-gate", "construction"])
async def test_what_is_not_there_is_404(game: Driver, part: str) -> None:
    rock = game.find("ASTEROID")

    assert (await game.get(f"/systems/{rock.system}/waypoints/{rock.symbol}/{part}")).code == 404


async def test_a_shipyard_shows_its_ships_to_those_present(game: Driver) -> None:
    yard = (await game.get("/my/ships/ACE-2/nav")).data["waypointSymbol"]
    path = f"/systems/{game.home.symbol}/waypoints/{yard}/shipyard"

    present = (await game.get(path)).data
    game.token = None
    absent = (await game.get(path)).data

    assert {"symbol", "shipTypes", "modificationsFee"} == absent.keys()
    assert [offer["type"] for offer in absent["shipTypes"]] == [ship["type"] for ship in present["ships"]]
    assert present["transactions"] == []


def gate_where(game: Driver, *, charted: bool = True, under_construction: bool = False) -> Waypoint:
    places = game.sandbox.game.galaxy.waypoints
    gates = (places[symbol] for symbol in game.sandbox.game.galaxy.gates)
    return next(g for g in gates if g.charted == charted and g.under_construction == under_construction)


async def test_an_uncharted_gate_tells_only_those_who_are_there(game: Driver) -> None:
    gate = gate_where(game, charted=False)
    path = f"/systems/{gate.system}/waypoints/{gate.symbol}"

    hidden = await game.get(f"{path}/jump-gate")
    seen = (await game.get(path)).data
    await game.place("ACE-1", gate.symbol)
    shown = await game.get(f"{path}/jump-gate")

    assert (hidden.status, hidden.code) == (400, 4001)
    assert [trait["symbol"] for trait in seen["traits"]] == ["UNCHARTED"]
    assert "chart" not in seen
    assert list(game.sandbox.game.galaxy.gates[gate.symbol]) == shown.data["connections"]


async def test_filters_see_through_missing_charts(game: Driver) -> None:
    gate = gate_where(game, charted=False)

    found = (await game.get(f"/systems/{gate.system}/waypoints?traits=MARKETPLACE&type=JUMP_GATE")).data

    assert [gate.symbol] == [waypoint["symbol"] for waypoint in found]


async def test_an_unfinished_gate_lists_what_it_needs(game: Driver) -> None:
    gate = gate_where(game, under_construction=True)
    path = f"/systems/{gate.system}/waypoints/{gate.symbol}"

    site = (await game.get(f"{path}/construction")).data

    assert (gate.symbol, False) == (site["symbol"], site["isComplete"])
    assert all({"tradeSymbol", "required", "fulfilled"} == need.keys() for need in site["materials"])
    assert True is (await game.get(path)).data["isUnderConstruction"]
