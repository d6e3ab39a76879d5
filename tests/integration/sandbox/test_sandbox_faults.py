"""What each fault does to a request, and to the world behind it."""

import pytest

from tests.fakes.sandbox_driver import Driver, make_driver

SHIP = "/my/ships/ACE-1"


async def status(game: Driver) -> str:
    return str((await game.get(SHIP)).data["nav"]["status"])


async def test_drop_before_loses_the_request_with_nothing_done(game: Driver) -> None:
    await game.admin("/faults", name="drop_before", next=1)

    with pytest.raises(ConnectionResetError):
        await game.post(f"{SHIP}/orbit")

    entry = (await game.log())[-1]
    assert await status(game) == "DOCKED"
    assert tuple(entry[k] for k in ("action", "result", "code", "fault")) == ("orbit", "refused", None, "drop_before")


async def test_drop_after_loses_the_answer_with_everything_done(game: Driver) -> None:
    await game.admin("/faults", name="drop_after", next=1)

    with pytest.raises(ConnectionResetError):
        await game.post(f"{SHIP}/orbit")

    entry = (await game.log())[-1]
    assert await status(game) == "IN_ORBIT"
    assert tuple(entry[k] for k in ("action", "result", "code", "fault")) == ("orbit", "applied", None, "drop_after")


async def test_a_counted_fault_strikes_that_often_and_is_gone(game: Driver) -> None:
    await game.admin("/faults", name="error_5xx", next=2)

    assert [(await game.get("/my/agent")).status for _ in range(3)] == [502, 502, 200]
    assert (await game.get("/_sandbox/faults")).data == []


async def test_filters_pick_the_requests_and_the_others_do_not_count(game: Driver) -> None:
    await game.admin("/faults", name="error_5xx", next=1, action="refuel", ship="ace-2")

    assert (await game.post(f"{SHIP}/refuel")).status == 200
    assert (await game.get("/my/ships/ACE-2")).status == 200
    assert (await game.post("/my/ships/ACE-2/refuel")).status == 502


async def test_an_agent_can_be_picked(game: Driver) -> None:
    ace = game.token
    await game.register("BEE")
    await game.admin("/faults", name="error_5xx", next=1, agent="ace")

    assert (await game.get("/my/agent")).status == 200
    game.token = ace
    assert (await game.get("/my/agent")).status == 502


async def test_a_probability_strikes_about_that_often_and_can_be_taken_back(game: Driver) -> None:
    await game.admin("/faults", name="error_5xx", probability=0.25)
    struck = sum([(await game.get("/my/agent")).status == 502 for _ in range(400)])

    await game.admin("/faults", name="error_5xx", probability=0)

    assert 70 <= struck <= 130
    assert {200} == {(await game.get("/my/agent")).status for _ in range(50)}


async def test_equal_seeds_strike_at_the_same_requests() -> None:
    async def run(seed: int) -> list[int]:
        driver = make_driver(seed=seed, faults={"error_5xx": 0.3})
        return [(await driver.get("/")).status for _ in range(60)]

    assert await run(1) == await run(1) != await run(2)


@pytest.mark.parametrize(
    ("when", "seen", "result"), [("before", "DOCKED", "refused"), ("after", "IN_ORBIT", "applied")]
)
async def test_a_5xx_is_html_and_comes_before_or_after_the_effect(
    game: Driver, when: str, seen: str, result: str
) -> None:
    await game.admin("/faults", name="error_5xx", next=1, status=504, when=when)

    reply = await game.post(f"{SHIP}/orbit")

    assert (reply.status, reply.headers["content-type"]) == (504, "text/html; charset=utf-8")
    assert reply.body.startswith(b"<html>")
    assert result == (await game.log())[-1]["result"]
    assert seen == await status(game)


async def test_a_rate_storm_is_a_429_within_the_limits() -> None:
    driver = make_driver(rate_limit=True)
    await driver.register()
    await driver.admin("/faults", name="rate_storm", next=1, seconds=0.25)

    reply = await driver.post(f"{SHIP}/orbit")

    assert (reply.status, reply.code, reply.headers["retry-after"]) == (429, 429, "0.250")
    assert not [name for name in reply.headers if name.startswith("x-ratelimit")]
    assert await status(driver) == "DOCKED"


@pytest.mark.parametrize("path", ["", "?limit=1"])
async def test_an_overfull_tank_is_shown_and_not_there(game: Driver, path: str) -> None:
    await game.place("ACE-1", game.home.waypoints[0].symbol, fuel=10)
    await game.admin("/faults", name="overfull_tank", next=1)

    await game.get("/my/agent")
    shown = (await game.get(f"/my/ships{path}")).data
    then = (await game.get(SHIP)).data

    assert shown[0]["fuel"]["current"] == 407
    assert all(ship["fuel"]["current"] == 0 for ship in shown if ship["fuel"]["capacity"] == 0)
    assert then["fuel"]["current"] == 10


async def test_an_overfull_tank_can_show_after_a_refuel(game: Driver) -> None:
    await game.place("ACE-1", game.home.waypoints[0].symbol, status="DOCKED", fuel=10)
    await game.admin("/faults", name="overfull_tank", next=1, action="refuel")

    assert (await game.post(f"{SHIP}/refuel")).data["fuel"]["current"] == 407
    assert (await game.get(SHIP)).data["fuel"]["current"] == 400


async def test_a_poisoned_page_spoils_that_page_alone() -> None:
    driver = make_driver(ships=20)
    await driver.register()
    await driver.admin("/faults", name="poisoned_page", probability=1, page=2)

    seen = [(await driver.get(f"/my/ships?limit=10&page={page}")).status for page in (1, 2, 3)]
    one = await driver.get("/my/ships/ACE-C")

    assert seen == [200, 500, 200]
    assert one.status == 200


async def test_a_clock_skew_shifts_stamps_and_dates_and_no_arrival(game: Driver) -> None:
    await game.admin("/faults", name="clock_skew", seconds=-3600)
    await game.post(f"{SHIP}/orbit")

    reply = await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("MOON").symbol})
    game.wall.pass_seconds(16)

    assert reply.data["nav"]["route"]["departureTime"] == "2030-03-17T16:46:40.000Z"
    assert reply.headers["date"] == "Sun, 17 Mar 2030 16:46:40 GMT"
    assert await status(game) == "IN_ORBIT"


async def test_a_universe_reset_comes_just_before_the_request(game: Driver) -> None:
    await game.admin("/faults", name="universe_reset", action="orbit")

    before = await game.get("/my/agent")
    reply = await game.post(f"{SHIP}/orbit")

    assert (before.status, reply.status, reply.code) == (200, 401, 4113)


async def test_a_good_token_is_rejected_so_many_times(game: Driver) -> None:
    await game.admin("/faults", name="token_rejected", next=2)

    assert [(await game.get("/my/agent")).status for _ in range(3)] == [401, 401, 200]


async def test_a_revoked_token_is_dead_until_a_fresh_one_is_issued(game: Driver) -> None:
    await game.admin("/faults", name="token_rejected", revoke=True)
    dead = [(await game.get("/my/agent")).code for _ in range(3)]

    game.token = (await game.admin("/tokens", agent="ACE"))["token"]

    assert dead == [4104] * 3
    assert (await game.get("/my/agent")).status == 200


async def test_a_foreign_hand_flies_the_ship_away_first(game: Driver) -> None:
    there = game.find("FUEL_STATION").symbol
    await game.post(f"{SHIP}/orbit")
    await game.admin("/faults", name="foreign_hand", action="navigate", waypoint=there)

    reply = await game.post(f"{SHIP}/navigate", {"waypointSymbol": game.find("MOON").symbol})

    foreign, own = (await game.log())[-2:]
    assert (4214, there) == (reply.code, reply.error["data"]["destinationSymbol"])
    assert ("navigate", there, "applied", "foreign_hand") == tuple(
        foreign[key] for key in ("action", "destination", "result", "fault")
    )
    assert foreign["fuel_before"] > foreign["fuel_after"] == own["fuel_after"]


async def test_a_foreign_hand_finds_somewhere_to_go_by_itself(game: Driver) -> None:
    await game.place("ACE-1", game.home.waypoints[0].symbol, fuel=30)
    await game.admin("/faults", name="foreign_hand")

    nav = (await game.get(SHIP)).data["nav"]

    assert nav["status"] == "IN_TRANSIT"


@pytest.mark.parametrize(("hand", "expected"), [("orbit", 4244), ("dock", 200)])
async def test_a_foreign_hand_docks_and_undocks(game: Driver, hand: str, expected: int) -> None:
    await game.admin("/faults", name="foreign_hand", hand=hand, action="refuel")

    reply = await game.post(f"{SHIP}/refuel")

    assert expected in (reply.status, reply.json.get("error", {}).get("code"))


async def test_a_foreign_hand_waits_for_a_ship_that_is_not_under_way(game: Driver) -> None:
    await game.admin("/faults", name="foreign_hand", hand="dock")
    await game.get("/my/agent")
    await game.get("/my/ships/ACE-2")

    assert (await game.get("/_sandbox/faults")).data == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "gremlins", "next": 1}, "name"),
        ({"name": "drop_after", "next": 0}, "next"),
        ({"name": "drop_after", "probability": 1.5}, "probability"),
        ({"name": "drop_after", "probability": True}, "probability"),
        ({"name": "drop_after", "probability": 0.5, "next": 1}, "next"),
        ({"name": "drop_after", "next": 1, "action": "fly"}, "action"),
        ({"name": "drop_after", "next": 1, "seconds": 3}, "seconds"),
        ({"name": "latency", "next": 1, "seconds": -1}, "seconds"),
        ({"name": "latency", "next": 1, "when": "never"}, "when"),
        ({"name": "error_5xx", "next": 1, "status": 404}, "status"),
        ({"name": "universe_reset", "probability": 0.1}, "probability"),
        ({"name": "foreign_hand", "hand": "steal"}, "hand"),
        ({"name": "foreign_hand", "waypoint": "X1-NOWHERE-A1"}, "waypoint"),
    ],
)
async def test_a_bad_fault_is_refused_field_by_field(game: Driver, body: dict[str, object], field: str) -> None:
    reply = await game.post("/_sandbox/faults", body)

    assert (422, [field]) == (reply.status, list(reply.error["data"]))


async def test_latency_holds_the_answer_back_for_real_seconds(game: Driver) -> None:
    await game.admin("/faults", name="latency", next=1, seconds=0.01, when="after")

    assert (await game.post(f"{SHIP}/orbit")).status == 200
    assert (await game.log())[-1]["fault"] == "latency"


async def test_faults_never_hit_the_admin_endpoints(game: Driver) -> None:
    await game.admin("/faults", name="drop_before", probability=1)

    for path in ("/log", "/clock", "/faults"):
        assert (await game.get(f"/_sandbox{path}")).status == 200


async def test_faults_can_be_listed_and_taken_back(game: Driver) -> None:
    for name in ("drop_before", "latency"):
        await game.admin("/faults", name=name, probability=0.5)

    listed = (await game.get("/_sandbox/faults")).data
    kept = (await game.call("DELETE", "/_sandbox/faults?name=latency")).data
    none = (await game.call("DELETE", "/_sandbox/faults")).data

    assert [fault["name"] for fault in listed] == ["drop_before", "latency"]
    assert [fault["name"] for fault in kept] == ["drop_before"]
    assert none == []


async def test_every_fault_that_goes_by_probability_can_be_set_at_the_start() -> None:
    names = ("drop_after", "drop_before", "latency", "error_5xx", "rate_storm", "overfull_tank", "poisoned_page")

    driver = make_driver(faults=dict.fromkeys(names, 0.5))

    assert list(names) == [rule["name"] for rule in (await driver.get("/_sandbox/faults")).data]
