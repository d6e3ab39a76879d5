"""The clock that tests can hold still."""

from sandbox.clock import ServerClock
from tests.fakes.sandbox_driver import Wall


def test_follows_the_wall_unless_told_otherwise() -> None:
    wall = Wall()
    clock = ServerClock(wall)

    wall.now += 1234

    assert wall.now == clock.now() == clock.window_now()


def test_stands_still_while_frozen_and_goes_on_from_there() -> None:
    wall = Wall()
    clock = ServerClock(wall)

    clock.freeze(True)
    wall.now += 5000
    frozen = clock.now()
    clock.freeze(False)
    wall.now += 100

    assert frozen == 1_900_000_000_000
    assert frozen + 100 == clock.now()


def test_steps_while_frozen() -> None:
    clock = ServerClock(Wall())

    clock.freeze(True)
    clock.step(1500)

    assert 1_900_000_001_500 == clock.now() == clock.window_now()


def test_a_rate_speeds_the_game_up_and_leaves_rate_limit_windows_alone() -> None:
    wall = Wall()
    clock = ServerClock(wall)

    clock.set_rate(60)
    wall.now += 1000

    assert clock.now() == 1_900_000_060_000
    assert clock.window_now() == 1_900_000_001_000


def test_a_skew_shows_in_stamps_alone() -> None:
    clock = ServerClock(Wall(1_719_173_759_637))

    clock.skew = -1000

    assert clock.stamp(clock.now()) == "2024-06-23T20:15:58.637Z"
    assert clock.http_date() == "Sun, 23 Jun 2024 20:15:58 GMT"
    assert clock.now() == 1_719_173_759_637


def test_a_restored_clock_goes_on_as_if_it_had_never_stopped() -> None:
    wall = Wall()
    clock = ServerClock(wall)
    clock.set_rate(10)
    wall.now += 1000
    restored = ServerClock(wall)

    restored.restore(clock.dump())
    wall.now += 1000

    assert 1_900_000_020_000 == clock.now() == restored.now()
