"""The limiter at the door: headers on every answer, and 429 with the time to wait."""

from tests.fakes.sandbox_driver import Driver, make_driver


def limited() -> Driver:
    return make_driver(rate_limit=True)


async def test_every_answer_tells_the_rate_and_the_thirty_third_is_refused() -> None:
    driver = limited()
    await driver.register()

    replies = [await driver.get("/my/agent") for _ in range(33)]

    assert [reply.status for reply in replies] == [200] * 32 + [429]
    assert all(reply.headers["x-ratelimit-type"] == "Account" for reply in replies)
    assert all(reply.headers["x-ratelimit-limit-burst"] == "30" for reply in replies)
    assert all("retry-after" not in reply.headers for reply in replies[:32])


async def test_a_429_tells_how_long_to_wait_and_waiting_helps() -> None:
    driver = limited()
    await driver.register()
    for _ in range(32):
        await driver.get("/my/agent")

    refused = await driver.get("/my/agent")
    driver.wall.pass_seconds(float(refused.headers["retry-after"]))
    after = await driver.get("/my/agent")

    assert (refused.status, refused.code) == (429, 429)
    assert {"type", "retryAfter", "limitBurst", "limitPerSecond", "remaining", "reset"} == refused.error["data"].keys()
    assert float(refused.headers["retry-after"]) == refused.error["data"]["retryAfter"]
    assert after.status == 200


async def test_a_refused_call_does_nothing() -> None:
    driver = limited()
    await driver.register()
    for _ in range(32):
        await driver.get("/my/agent")

    await driver.post("/my/ships/ACE-1/orbit")
    entry = (await driver.log())[-1]
    driver.wall.pass_seconds(60)

    assert (entry["action"], entry["result"], entry["code"], entry["agent"]) == ("orbit", "refused", 429, "ACE")
    assert (await driver.get("/my/ships/ACE-1/nav")).data["status"] == "DOCKED"


async def test_agents_strangers_and_the_account_have_pools_of_their_own() -> None:
    driver = limited()
    await driver.register("ACE")
    for _ in range(33):
        await driver.get("/my/agent")

    stranger = await driver.call("GET", "/systems", headers={"authorization": ""})
    driver.token = None
    public = await driver.get("/systems")
    other = await driver.register("BEE")

    assert "IP Address" == stranger.headers["x-ratelimit-type"] == public.headers["x-ratelimit-type"]
    assert other["token"]


async def test_errors_carry_the_rate_headers_too() -> None:
    driver = limited()

    reply = await driver.get("/nothing")

    assert (reply.status, reply.headers["x-ratelimit-remaining"]) == (404, "1")


async def test_windows_never_run_at_the_rate_of_the_clock() -> None:
    driver = limited()
    await driver.register()
    await driver.admin("/clock", rate=1000)
    for _ in range(32):
        await driver.get("/my/agent")

    driver.wall.pass_seconds(0.5)

    assert (await driver.get("/my/agent")).status == 429


async def test_without_limits_there_are_no_headers_and_no_refusals() -> None:
    driver = make_driver(rate_limit=False)
    await driver.register()

    replies = [await driver.get("/my/agent") for _ in range(100)]

    assert {200} == {reply.status for reply in replies}
    assert not [name for name in replies[0].headers if name.startswith("x-ratelimit")]


async def test_the_admin_endpoints_are_not_limited() -> None:
    driver = limited()

    assert {200} == {(await driver.get("/_sandbox/clock")).status for _ in range(50)}
