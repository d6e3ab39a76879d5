"""How an agent comes into the world, and who may ask for what."""

import pytest

from tests.fakes.sandbox_driver import Driver, make_driver

ACCOUNT = {"authorization": "Bearer sandbox-account"}


async def enlist(driver: Driver, symbol: object, faction: object = "COSMIC") -> tuple[int, int]:
    reply = await driver.call("POST", "/register", {"symbol": symbol, "faction": faction}, ACCOUNT)
    return reply.status, 0 if reply.status == 201 else reply.code


async def test_a_new_agent_has_credits_a_frigate_at_home_and_a_probe_at_a_shipyard_moon(empty: Driver) -> None:
    born = await empty.register("ace")
    frigate, probe = born["ships"]
    yard = empty.sandbox.game.galaxy.waypoints[probe["nav"]["waypointSymbol"]]

    assert (born["agent"]["symbol"], born["agent"]["credits"], born["agent"]["shipCount"]) == ("ACE", 175_000, 2)
    assert (frigate["symbol"], frigate["registration"]["role"]) == ("ACE-1", "COMMAND")
    assert ("DOCKED", born["agent"]["headquarters"]) == (frigate["nav"]["status"], frigate["nav"]["waypointSymbol"])
    assert (
        frigate["fuel"]["current"],
        frigate["fuel"]["capacity"],
        frigate["fuel"]["consumed"]["amount"],
    ) == (400, 400, 0)
    assert (
        probe["symbol"],
        probe["registration"]["role"],
        probe["nav"]["status"],
    ) == ("ACE-2", "SATELLITE", "DOCKED")
    assert (yard.type, yard.is_shipyard) == ("MOON", True)


async def test_a_fresh_ship_has_arrived_where_it_came_from(game: Driver) -> None:
    route = (await game.get("/my/ships/ACE-1/nav")).data["route"]

    assert route["origin"] == route["destination"]
    assert route["arrival"] == route["departureTime"]


async def test_extra_ships_come_in_turn_under_hexadecimal_symbols() -> None:
    driver = make_driver(ships=15)
    await driver.register("MANY")

    ships = (await driver.get("/my/ships?limit=20")).data

    assert [ship["symbol"] for ship in ships[8:11]] == ["MANY-9", "MANY-A", "MANY-B"]
    assert [ship["registration"]["role"] for ship in ships[2:]] == ["COMMAND", "HAULER", "SATELLITE"] * 5
    assert (await driver.get("/my/agent")).data["shipCount"] == 17


async def test_agents_of_one_faction_share_a_start_system_and_factions_do_not(empty: Driver) -> None:
    homes = [
        (await empty.register(symbol, faction))["agent"]["headquarters"]
        for symbol, faction in (("ONE", "COSMIC"), ("TWO", "COSMIC"), ("THREE", "VOID"))
    ]

    assert homes[0] == homes[1] != homes[2]


@pytest.mark.parametrize("symbol", ["AB", "A" * 15, "A B", "ÄÖÜ", "", None, 5, "ACE!"])
async def test_a_call_sign_has_3_to_14_characters_of_the_alphabet(empty: Driver, symbol: object) -> None:
    assert await enlist(empty, symbol) == (422, 422)


async def test_every_bad_field_is_named_at_once(empty: Driver) -> None:
    error = (await empty.call("POST", "/register", {"symbol": "A", "faction": "NOBODY"}, ACCOUNT)).error

    assert {"symbol", "faction"} == error["data"].keys()


async def test_a_taken_call_sign_conflicts(game: Driver) -> None:
    reply = await game.call("POST", "/register", {"symbol": "ace", "faction": "VOID"}, ACCOUNT)

    assert (reply.status, reply.code, reply.error["data"]) == (409, 4111, {"agentSymbol": "ACE"})


async def test_reserved_call_signs_and_closed_factions_are_refused(empty: Driver) -> None:
    assert await enlist(empty, "SPACETRADERS") == (400, 4110)
    assert await enlist(empty, "ACE", "ETHEREAL") == (400, 4112)


async def test_registering_needs_the_account_token(game: Driver) -> None:
    body = {"symbol": "BEE", "faction": "COSMIC"}
    token, game.token = game.token, None

    assert (await game.post("/register", body)).code == 4116
    assert (await game.call("POST", "/register", body, {"authorization": f"Bearer {token}"})).code == 4114
    assert (await game.call("POST", "/register", body, {"authorization": "Bearer other-account"})).code == 4104


async def test_another_account_token_can_be_chosen() -> None:
    driver = make_driver(account_token="mine")
    body = {"symbol": "BEE", "faction": "COSMIC"}

    assert (await driver.call("POST", "/register", body, {"authorization": "Bearer mine"})).status == 201
    assert (await driver.call("POST", "/register", body, ACCOUNT)).status == 401


@pytest.mark.parametrize("path", ["/my/agent", "/my/ships", "/my/ships/ACE-1", "/my/contracts", "/my/account"])
async def test_what_is_mine_needs_my_token(game: Driver, path: str) -> None:
    game.token = None
    missing = await game.get(path)
    account = await game.call("GET", path, headers=ACCOUNT)

    assert (missing.status, missing.code, missing.error["data"]) == (401, 4103, {})
    assert (account.status, account.code) == (401, 4114)


@pytest.mark.parametrize("path", ["", "/", "/error-codes", "/systems", "/factions", "/factions/COSMIC", "/agents"])
async def test_what_is_public_needs_no_token(empty: Driver, path: str) -> None:
    assert (await empty.get(path)).status == 200


async def test_the_status_and_the_error_codes_never_look_at_the_token(empty: Driver) -> None:
    empty.token = "stale"

    assert (await empty.get("/")).status == 200
    assert (await empty.get("/error-codes")).status == 200
    assert (await empty.get("/systems")).status == 401


async def test_a_token_of_before_the_reset_is_told_both_dates(game: Driver) -> None:
    old = (await game.get("/")).json["resetDate"]
    new = (await game.admin("/reset"))["resetDate"]

    reply = await game.get("/my/agent")

    assert (reply.status, reply.code) == (401, 4113)
    assert {"expected": new, "actual": old} == reply.error["data"]
    assert old != new == (await game.get("/")).json["resetDate"]


async def test_ships_of_others_are_as_unknown_as_ships_that_never_were(game: Driver) -> None:
    await game.register("BEE")

    for ship in ("ACE-1", "BEE-3", "NOBODY-1", "BEE"):
        assert (await game.get(f"/my/ships/{ship}")).code == 404
        assert (await game.post(f"/my/ships/{ship}/orbit")).code == 404


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("DELETE", "/my/agent"), ("POST", "/my/ships/ACE-1/extract")]
)
async def test_unknown_routes_are_404_in_the_games_own_words(game: Driver, method: str, path: str) -> None:
    reply = await game.call(method, path)

    assert (reply.status, reply.code) == (404, 404)


async def test_bodies_must_be_json_objects_of_the_json_content_type(game: Driver) -> None:
    path = "/my/ships/ACE-1/navigate"

    assert (await game.call("POST", path, b"a=1", {"content-type": "text/plain"})).code == 5000
    assert (await game.call("POST", path, b"a=1", {"content-type": "text/plain"})).status == 415
    assert (await game.call("POST", path, b"{")).code == 422
    assert (await game.call("POST", path, b"[" * 100_000)).code == 422
    assert (await game.call("POST", path, b"[1]")).code == 422
    assert (await game.call("POST", path, b'{"a":"' + b"x" * 1_000_000 + b'"}')).code == 422
    assert (await game.call("POST", "/my/ships/ACE-1/orbit", b"")).status == 200
