"""Lists of the game are read as far as they go: pages of any size, with or without a total, some of them broken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from navigation_service.adapters.game_lists import Item, Listing, Page, read_list
from navigation_service.adapters.game_refusals import PageBrokenError
from navigation_service.domain.errors import GameUnavailableError, ShipNotFoundError
from tests.fakes.navigation_http import Odd, Respond, Seen, refusal
from tests.fakes.navigation_voyages import START
from tests.fakes.player_clock import SteppedClock
from tests.integration.navigation_adapters.odd_game import CREDENTIAL, nav_json, odd_game, route_json, ship_json

SYMBOLS = [f"ACE-{number:X}" for number in range(1, 46)]
MINUTE = timedelta(minutes=1)


@dataclass
class PagedServer:
    """A list of `symbols`; `bad` ones break every page they are on. `page_size`: its own, whatever is asked."""

    symbols: Sequence[str]
    tells_total: bool = True
    page_size: int | None = None
    bad: Sequence[str] = ()
    bad_page_numbers: Sequence[int] = ()
    down: bool = False
    broken: bool = False
    reads: list[tuple[int, int]] = field(default_factory=list)

    async def __call__(self, number: int, size: int, *, persistent: bool) -> Page:
        self.reads.append((number, size))
        size = self.page_size or size
        shown = self.symbols[(number - 1) * size : number * size]
        if self.down:
            raise GameUnavailableError("nobody there")
        if self.broken or number in self.bad_page_numbers or set(shown) & set(self.bad):
            raise PageBrokenError("500")
        items = [Item({"symbol": symbol}, START) for symbol in shown]
        return Page(items, len(self.symbols) if self.tells_total else None)


async def listed(server: PagedServer) -> Listing:
    return await read_list(server)


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 19, 20, 21, 40, 45])
@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("page_size", [None, 7, 10, 20, 50])
async def test_reads_everything_whatever_the_pages(count: int, tells_total: bool, page_size: int | None) -> None:
    server = PagedServer(SYMBOLS[:count], tells_total, page_size)

    listing = await listed(server)

    assert list(listing.items) == SYMBOLS[:count]
    assert listing.missing == 0


async def test_reads_no_page_more_than_it_needs() -> None:
    server = PagedServer(SYMBOLS[:40])

    await listed(server)

    assert server.reads == [(1, 20), (2, 20)]


async def test_ends_with_a_server_that_knows_one_page_only() -> None:
    class OnePage(PagedServer):
        async def __call__(self, number: int, size: int, *, persistent: bool) -> Page:
            return await super().__call__(1, 20, persistent=persistent)

    server = OnePage(SYMBOLS[:20], tells_total=False)

    assert list((await listed(server)).items) == SYMBOLS[:20]
    assert len(server.reads) == 2


@pytest.mark.parametrize("tells_total", [True, False])
@pytest.mark.parametrize("bad", [["ACE-1"], ["ACE-14"], ["ACE-16"], ["ACE-2D"], ["ACE-1", "ACE-B", "ACE-1F"]])
async def test_a_bad_item_costs_that_item_alone(bad: list[str], tells_total: bool) -> None:
    server = PagedServer(SYMBOLS, tells_total, bad=bad)

    listing = await listed(server)

    assert set(listing.items) == set(SYMBOLS) - set(bad)
    assert listing.missing == len(bad)


async def test_a_page_number_that_is_bad_at_any_size_costs_its_first_item_alone() -> None:
    listing = await listed(PagedServer(SYMBOLS, bad_page_numbers=[1]))

    assert set(listing.items) == set(SYMBOLS) - {"ACE-1"}
    assert listing.missing == 1


async def test_a_bad_page_of_a_server_with_pages_of_its_own_costs_that_page() -> None:
    listing = await listed(PagedServer(SYMBOLS[:25], page_size=10, bad=["ACE-C"]))

    assert set(listing.items) == set(SYMBOLS[:10]) | set(SYMBOLS[20:25])
    assert listing.missing == 10


async def test_a_game_that_is_down_is_not_asked_page_after_page() -> None:
    server = PagedServer(SYMBOLS, down=True)

    with pytest.raises(GameUnavailableError):
        await listed(server)
    assert server.reads == [(1, 20)]


async def test_a_game_that_answers_nothing_but_errors_is_not_asked_page_after_page() -> None:
    server = PagedServer(SYMBOLS, broken=True)

    with pytest.raises(GameUnavailableError):
        await listed(server)
    assert len(server.reads) == 7


async def test_ends_where_pages_are_bad_without_end() -> None:
    server = PagedServer(SYMBOLS, tells_total=False, bad_page_numbers=range(2, 10_000))

    listing = await listed(server)

    assert set(listing.items) >= set(SYMBOLS[:20])
    assert listing.missing
    assert len(server.reads) < 40


async def test_what_is_no_bad_page_is_not_taken_for_one() -> None:
    async def refuses(number: int, size: int, *, persistent: bool) -> Page:
        raise ShipNotFoundError("gone")

    with pytest.raises(ShipNotFoundError):
        await read_list(refuses)


def serving_ships(symbols: Sequence[str], *, bad: Sequence[str] = (), readable_alone: bool = False) -> Respond:
    """A game where `bad` ships break the pages they are on, and unless `readable_alone` also reads of their own."""

    def respond(seen: Seen) -> Odd:
        if seen.path == "/my/ships":
            number, limit = int(seen.query["page"]), int(seen.query["limit"])
            shown = symbols[(number - 1) * limit : number * limit]
            if set(shown) & set(bad):
                return refusal(500, "Something unexpected went wrong.", 500)
            meta = {"total": len(symbols), "page": number, "limit": limit}
            return Odd({"data": [ship_json(symbol) for symbol in shown], "meta": meta})
        symbol = seen.path.rpartition("/")[2]
        if symbol in bad and not readable_alone:
            return refusal(500, "Something unexpected went wrong.", 500)
        return Odd({"data": ship_json(symbol)}) if symbol in symbols else refusal(404, "Ship not found.", 404)

    return respond


async def test_names_the_ships_that_cannot_be_read_and_keeps_all_others() -> None:
    async with odd_game(serving_ships(SYMBOLS, bad=["ACE-3", "ACE-1E"])) as (game, _):
        listed_ships = await game.gateway.list_ships(CREDENTIAL)

    assert {ship.ship_symbol for ship in listed_ships.ships} == set(SYMBOLS) - {"ACE-3", "ACE-1E"}
    assert sorted(listed_ships.unreadable_ship_symbols) == ["ACE-1E", "ACE-3"]
    assert listed_ships.complete
    assert game.budget.open_permits == 0


async def test_reads_a_ship_by_itself_where_its_page_is_bad() -> None:
    async with odd_game(serving_ships(SYMBOLS[:5], bad=["ACE-3"], readable_alone=True)) as (game, _):
        listed_ships = await game.gateway.list_ships(CREDENTIAL)

    assert {ship.ship_symbol for ship in listed_ships.ships} == set(SYMBOLS[:5])
    assert not listed_ships.unreadable_ship_symbols
    assert listed_ships.complete


async def test_finds_a_bad_ship_behind_the_gap_that_a_sold_one_left() -> None:
    sold = [symbol for symbol in SYMBOLS[:6] if symbol != "ACE-2"]
    async with odd_game(serving_ships(sold, bad=["ACE-5"])) as (game, _):
        listed_ships = await game.gateway.list_ships(CREDENTIAL)

    assert {ship.ship_symbol for ship in listed_ships.ships} == {"ACE-1", "ACE-3", "ACE-4", "ACE-6"}
    assert listed_ships.unreadable_ship_symbols == ["ACE-5"]
    assert listed_ships.complete


async def test_a_list_is_incomplete_where_an_unreadable_ship_cannot_be_named() -> None:
    foreign = ["OLD-1", "OLD-2", "OLD-3"]
    async with odd_game(serving_ships(foreign, bad=["OLD-2"])) as (game, _):
        listed_ships = await game.gateway.list_ships(CREDENTIAL)

    assert {ship.ship_symbol for ship in listed_ships.ships} == {"OLD-1", "OLD-3"}
    assert not listed_ships.complete


async def test_a_ship_that_makes_no_sense_is_named_beside_the_others() -> None:
    async with odd_game(
        lambda _: Odd({"data": [ship_json("ACE-1"), {"symbol": "ACE-2", "nav": {}}], "meta": {"total": 2}})
    ) as (game, _):
        listed_ships = await game.gateway.list_ships(CREDENTIAL)

    assert [ship.ship_symbol for ship in listed_ships.ships] == ["ACE-1"]
    assert listed_ships.unreadable_ship_symbols == ["ACE-2"]
    assert listed_ships.complete


async def test_how_long_ships_fly_on_counts_from_the_end_of_the_list() -> None:
    clock, nav = SteppedClock(START), nav_json(status="IN_TRANSIT", route=route_json(arrival=f"{START + MINUTE}"))

    def respond(seen: Seen) -> Odd:
        clock.step(20)
        number = int(seen.query["page"])
        shown = SYMBOLS[(number - 1) * 20 : number * 20]
        return Odd({"data": [ship_json(symbol, nav=nav) for symbol in shown], "meta": {"total": 40}})

    async with odd_game(respond, clock=clock) as (game, _):
        ships = (await game.gateway.list_ships(CREDENTIAL)).ships

    assert {ship.arrival_in for ship in ships} == {timedelta(seconds=20)}


def waypoint(symbol: str, kind: str = "PLANET", **more: object) -> dict[str, object]:
    return {"symbol": symbol, "type": kind, "x": len(symbol), "y": 0} | more


def serving_waypoints(*, system_known: bool = True) -> Respond:
    """Three waypoints, the second of which breaks every page it is on."""
    all_three = [waypoint(f"X1-AA1-{name}", traits=[{"symbol": "MARKETPLACE"}]) for name in ("A1", "B2", "C3")]

    def respond(seen: Seen) -> Odd:
        if seen.path == "/systems/X1-AA1":
            bare = [{key: value for key, value in one.items() if key != "traits"} for one in all_three]
            return Odd({"data": {"symbol": "X1-AA1", "waypoints": bare}}) if system_known else refusal(500, status=500)
        number, limit = int(seen.query["page"]), int(seen.query["limit"])
        shown = all_three[(number - 1) * limit : number * limit]
        if all_three[1] in shown:
            return refusal(500, status=500)
        return Odd({"data": shown, "meta": {"total": 3, "page": number, "limit": limit}})

    return respond


async def test_a_bad_waypoint_is_known_from_its_system_though_not_by_its_traits() -> None:
    async with odd_game(serving_waypoints()) as (game, _):
        waypoints = {w.symbol: w for w in await game.gateway.read_waypoints(CREDENTIAL, "X1-AA1")}

    assert sorted(waypoints) == ["X1-AA1-A1", "X1-AA1-B2", "X1-AA1-C3"]
    assert [waypoints[symbol].charted for symbol in sorted(waypoints)] == [True, False, True]
    assert waypoints["X1-AA1-B2"].marketplace


async def test_half_a_map_is_no_map() -> None:
    async with odd_game(serving_waypoints(system_known=False)) as (game, _):
        with pytest.raises(GameUnavailableError):
            await game.gateway.read_waypoints(CREDENTIAL, "X1-AA1")


async def test_an_empty_answer_is_no_map() -> None:
    async with odd_game(lambda _: Odd({"data": [], "meta": {"total": 0}})) as (game, _):
        with pytest.raises(GameUnavailableError, match="names no waypoints"):
            await game.gateway.read_waypoints(CREDENTIAL, "X1-AA1")
