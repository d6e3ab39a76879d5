"""Two requests per second, thirty more per minute, in windows that the first request opens."""

from sandbox.clock import ServerClock
from sandbox.limiter import Permit, RateLimiter
from tests.fakes.sandbox_driver import Wall


def admitted(permits: list[Permit]) -> int:
    return sum(permit.wait == 0 for permit in permits)


def test_a_burst_of_thirty_two_passes_at_once_and_no_more() -> None:
    limiter = RateLimiter(ServerClock(Wall()))

    permits = [limiter.admit("agent ACE", "Account") for _ in range(40)]

    assert admitted(permits) == 32
    assert [permit.wait for permit in permits[:32]] == [0] * 32


def test_a_refusal_waits_for_the_window_that_closes_first() -> None:
    wall = Wall()
    limiter = RateLimiter(ServerClock(wall))
    for _ in range(32):
        limiter.admit("agent ACE", "Account")

    wall.now += 400
    refused = limiter.admit("agent ACE", "Account")

    assert refused.wait == 600
    assert ("retry-after", "0.600") in refused.headers()
    assert refused.error_data()["retryAfter"] == 0.6


def test_a_pool_is_full_again_one_window_after_its_first_request() -> None:
    wall = Wall()
    limiter = RateLimiter(ServerClock(wall))
    for _ in range(32):
        limiter.admit("agent ACE", "Account")

    wall.now += 1000
    second_second = [limiter.admit("agent ACE", "Account") for _ in range(5)]
    wall.now += 59_000
    second_minute = [limiter.admit("agent ACE", "Account") for _ in range(40)]

    assert admitted(second_second) == 2
    assert admitted(second_minute) == 32


def test_an_empty_minute_sustains_two_and_a_half_requests_per_second() -> None:
    wall = Wall()
    limiter = RateLimiter(ServerClock(wall))

    passed = 0
    for _ in range(600):
        passed += limiter.admit("agent ACE", "Account").wait == 0
        wall.now += 100

    assert passed == 60 * 2 + 30


def test_callers_do_not_share_their_pools() -> None:
    limiter = RateLimiter(ServerClock(Wall()))
    for _ in range(33):
        limiter.admit("agent ACE", "Account")

    assert limiter.admit("agent BEE", "Account").wait == 0


def test_windows_follow_the_stepped_clock() -> None:
    clock = ServerClock(Wall())
    clock.freeze(True)
    limiter = RateLimiter(clock)
    for _ in range(33):
        limiter.admit("agent ACE", "Account")

    clock.step(999)
    early = limiter.admit("agent ACE", "Account")
    clock.step(1)
    in_time = limiter.admit("agent ACE", "Account")

    assert early.wait == 1
    assert in_time.wait == 0


def test_the_headers_tell_what_is_left_and_until_when() -> None:
    limiter = RateLimiter(ServerClock(Wall()))

    headers = dict(limiter.admit("peer 10.0.0.1", "IP Address").headers())

    assert headers == {
        "x-ratelimit-type": "IP Address",
        "x-ratelimit-limit-burst": "30",
        "x-ratelimit-limit-per-second": "2",
        "x-ratelimit-remaining": "1",
        "x-ratelimit-reset": "2030-03-17T17:46:41.000Z",
    }
