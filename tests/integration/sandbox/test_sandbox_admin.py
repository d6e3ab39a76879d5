"""The endpoints under /_sandbox, and the log above all."""

import pytest

from tests.fakes.sandbox_driver import Driver, make_driver

SHIP = "/my/ships/ACE-1"
LOG_KEYS = {
    "number",
    "time",
    "agent",
    "ship",
    "action",
    "destination",
    "result",
    "code",
    "fuel_before",
    "fuel_after",
    "credits",
    "request_id",
}


async def test_the_log_holds_every_game_request_in_order(game: Driver) -> None:
    there = game.find("FUEL_STATION").symbol
    await game.get("/systems")
    await game.post(f"{SHIP}/navigate", {"waypointSymbol": there})
    await game.post(f"{SHIP}/orbit")
    await game.post(f"{SHIP}/orbit")
    await game.post(f"{SHIP}/navigate", {"waypointSymbol": there})
    await game.get("/my/ships/NOBODY-1")
    await game.get("/nothing")

    log = await game.log()

    assert list(range(1, 9)) == [entry["number"] for entry in log]
    assert [(entry["action"], entry["result"], entry["code"]) for entry in log] == [
        ("register", "applied", None),
        ("list_systems", "read", None),
        ("navigate", "refused", 4236),
        ("orbit", "applied", None),
        ("orbit", "no_op", None),
        ("navigate", "applied", None),
        ("get_ship", "refused", 404),
        ("unknown", "refused", 404),
    ]
    assert log[0].keys() >= LOG_KEYS


async def test_an_entry_tells_what_a_flight_and_a_refuel_took(game: Driver) -> None:
    there = game.find("FUEL_STATION").symbol
    await game.post(f"{SHIP}/orbit")
    await game.post(f"{SHIP}/navigate", {"waypointSymbol": there})
    game.wall.pass_seconds(3600)
    await game.post(f"{SHIP}/dock")
    await game.call("POST", f"{SHIP}/refuel", {}, {"x-request-id": "mine"})

    flight, _, refuel = (await game.log())[-3:]

    assert ("ACE", "ACE-1", there, 400) == tuple(flight[k] for k in ("agent", "ship", "destination", "fuel_before"))
    assert flight["fuel_after"] == refuel["fuel_before"] < 400 == refuel["fuel_after"]
    assert 175_000 == flight["credits"] > refuel["credits"]
    assert (refuel["request_id"], refuel["time"]) == ("mine", "2030-03-17T18:46:40.000Z")


async def test_the_log_is_read_from_a_number_on(game: Driver) -> None:
    for _ in range(5):
        await game.get("/my/agent")

    reply = (await game.get("/_sandbox/log?after=2&limit=3")).json

    assert [entry["number"] for entry in reply["data"]] == [3, 4, 5]
    assert reply["meta"] == {"last": 6}


@pytest.mark.parametrize("query", ["after=-1", "after=x", "limit=many"])
async def test_a_bad_log_query_is_refused(game: Driver, query: str) -> None:
    assert (await game.get(f"/_sandbox/log?{query}")).status == 422


async def test_admin_calls_are_not_in_the_log(game: Driver) -> None:
    await game.admin("/clock", rate=2)

    assert [entry["action"] for entry in await game.log()] == ["register"]


async def test_the_log_outlives_a_reset(game: Driver) -> None:
    await game.admin("/reset")
    await game.register("BEE")

    assert [entry["number"] for entry in await game.log()] == [1, 2]


async def test_the_clock_can_be_read_frozen_stepped_and_sped_up(game: Driver) -> None:
    frozen = await game.admin("/clock", freeze=True)
    game.wall.pass_seconds(100)
    stepped = await game.admin("/clock", step_seconds=1.5)
    running = await game.admin("/clock", freeze=False, rate=10)
    game.wall.pass_seconds(1)
    now = (await game.get("/_sandbox/clock")).data

    assert (frozen["frozen"], frozen["now"]) == (True, "2030-03-17T17:46:40.000Z")
    assert stepped["now"] == "2030-03-17T17:46:41.500Z"
    assert (running["frozen"], running["rate"]) == (False, 10)
    assert now["now"] == "2030-03-17T17:46:51.500Z"


async def test_a_step_brings_ships_in(game: Driver) -> None:
    await game.admin("/clock", freeze=True)
    await game.post(f"{SHIP}/orbit")
    await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("FUEL_STATION").symbol})
    game.wall.pass_seconds(10_000)
    under_way = (await game.get(f"{SHIP}/nav")).data["status"]

    await game.admin("/clock", step_seconds=3600)

    assert under_way == "IN_TRANSIT"
    assert (await game.get(f"{SHIP}/nav")).data["status"] == "IN_ORBIT"


async def test_a_ship_can_be_given_to_an_agent(game: Driver) -> None:
    there = game.find("MOON").symbol

    ship = await game.admin("/ships", agent="ace", type="SHIP_LIGHT_HAULER", waypoint=there, fuel=7)

    assert ("ACE-3", "HAULER", there, 7) == (
        ship["symbol"],
        ship["registration"]["role"],
        ship["nav"]["waypointSymbol"],
        ship["fuel"]["current"],
    )
    assert ship == (await game.get("/my/ships/ACE-3")).data


async def test_a_ship_can_be_put_anywhere_even_in_flight(game: Driver) -> None:
    await game.post(f"{SHIP}/orbit")
    await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("FUEL_STATION").symbol})
    there = game.find("JUMP_GATE").symbol

    ship = await game.admin("/move", ship="ACE-1", waypoint=there, status="DOCKED", fuel=9999)

    assert ("DOCKED", there, 400) == (
        ship["nav"]["status"],
        ship["nav"]["waypointSymbol"],
        ship["fuel"]["current"],
    )


async def test_a_reset_takes_everything_but_the_account(game: Driver) -> None:
    before = game.home.symbol
    again = await game.admin("/reset")
    pinned = await game.admin("/reset", seed=1)

    game.token = None

    assert (await game.get("/agents/ACE")).code == 404
    assert (again["seed"], pinned["seed"]) == (2, 1)
    assert again["resetDate"] != pinned["resetDate"]
    await game.register()
    assert before == game.home.symbol


@pytest.mark.parametrize(
    ("path", "body", "fields"),
    [
        ("/ships", {}, {"agent", "type", "waypoint"}),
        ("/ships", {"agent": "BEE", "type": "SHIP_DREAM", "waypoint": "X"}, {"agent", "type", "waypoint"}),
        ("/ships", {"agent": "ACE", "type": "SHIP_PROBE", "waypoint": 5, "x": 1}, {"waypoint", "x"}),
        ("/move", {}, {"ship", "waypoint"}),
        ("/move", {"ship": "ACE-9", "waypoint": "X", "fuel": -1}, {"ship", "waypoint", "fuel"}),
        ("/move", {"ship": "ACE-1", "status": "LOST"}, {"waypoint", "status"}),
        ("/agents", {"agent": "ACE"}, {"credits"}),
        ("/agents", {"agent": "BEE", "credits": "rich"}, {"agent", "credits"}),
        ("/tokens", {}, {"agent"}),
        ("/tokens", {"agent": "BEE"}, {"agent"}),
        ("/clock", {"freeze": 1}, {"freeze"}),
        ("/clock", {"rate": 0, "step_seconds": -1, "now": "x"}, {"rate", "step_seconds", "now"}),
        ("/reset", {"seed": -1, "date": "2030-01-01"}, {"seed", "date"}),
        ("/reset", {"seed": 10**30}, {"seed"}),
    ],
)
async def test_bad_admin_input_is_refused_field_by_field(
    game: Driver, path: str, body: object, fields: set[str]
) -> None:
    reply = await game.post(f"/_sandbox{path}", body)

    assert (422, fields) == (reply.status, set(reply.error["data"]))


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
async def test_admin_bodies_must_be_json_objects(game: Driver, body: bytes) -> None:
    assert (await game.call("POST", "/_sandbox/clock", body)).status == 422


async def test_admin_bodies_need_no_content_type(game: Driver) -> None:
    reply = await game.call("POST", "/_sandbox/clock", {"freeze": True}, {"content-type": "text/plain"})

    assert reply.status == 200


@pytest.mark.parametrize(("method", "path"), [("GET", "/_sandbox/nothing"), ("DELETE", "/_sandbox/clock")])
async def test_unknown_admin_endpoints_are_404(game: Driver, method: str, path: str) -> None:
    assert (await game.call(method, path)).status == 404


@pytest.mark.parametrize(
    ("peer", "status"), [("127.0.0.1", 200), ("127.8.8.8", 200), ("::1", 200), ("10.0.0.8", 403), ("::2", 403)]
)
async def test_admin_endpoints_answer_loopback_peers_alone(peer: str, status: int) -> None:
    driver = make_driver()
    driver.peer = peer

    assert status == (await driver.get("/_sandbox/log")).status
    assert (await driver.get("/")).status == 200
