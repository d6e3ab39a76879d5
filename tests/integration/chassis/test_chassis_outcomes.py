"""What a request made is kept once, with its change, for a week, on both databases."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from service_chassis.outcomes_sql import SqlOutcomes
from shared_kernel.idempotency import RequestAlreadyRememberedError, RequestIdReusedError, RequestKey
from tests.fakes.chassis_database import OUTCOMES, Store
from tests.fakes.player_clock import SteppedClock

KEY = RequestKey("AGENT", "NavigateShipCommand", "key-1", "a" * 64)
WEEK = 7 * 24 * 3600


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def outcomes(store: Store, clock: SteppedClock) -> SqlOutcomes:
    return SqlOutcomes(store.database, OUTCOMES, clock)


async def remember(store: Store, outcomes: SqlOutcomes, key: RequestKey, result: str) -> None:
    async with store.database.transaction():
        await outcomes.remember(key, result)


async def recall(store: Store, outcomes: SqlOutcomes, key: RequestKey) -> str | None:
    async with store.database.reading():
        return await outcomes.recall(key)


async def test_an_unknown_request_has_made_nothing(store: Store, outcomes: SqlOutcomes) -> None:
    assert await recall(store, outcomes, KEY) is None


async def test_what_a_request_made_is_recalled(store: Store, outcomes: SqlOutcomes) -> None:
    await remember(store, outcomes, KEY, "voyage-1")

    assert await recall(store, outcomes, KEY) == "voyage-1"


@pytest.mark.parametrize("other", [{"scope": "OTHER"}, {"method": "StartTourCommand"}, {"request_id": "key-2"}])
async def test_the_same_id_elsewhere_is_another_request(
    store: Store, outcomes: SqlOutcomes, other: dict[str, str]
) -> None:
    await remember(store, outcomes, KEY, "voyage-1")

    assert await recall(store, outcomes, replace(KEY, **other)) is None


async def test_the_same_id_with_another_body_is_refused(store: Store, outcomes: SqlOutcomes) -> None:
    await remember(store, outcomes, KEY, "voyage-1")

    with pytest.raises(RequestIdReusedError):
        await recall(store, outcomes, replace(KEY, body_hash="b" * 64))


async def test_what_is_rolled_back_was_never_made(store: Store, outcomes: SqlOutcomes) -> None:
    async def failing() -> None:
        async with store.database.transaction():
            await outcomes.remember(KEY, "voyage-1")
            raise KeyError

    with pytest.raises(KeyError):
        await failing()

    assert await recall(store, outcomes, KEY) is None


async def test_of_twins_at_the_same_time_exactly_one_is_kept(store: Store, outcomes: SqlOutcomes) -> None:
    async def act(number: int) -> str:
        async with store.database.transaction():
            await store.add(f"SHIP-{number}")
            await outcomes.remember(KEY, f"voyage-{number}")
        return f"voyage-{number}"

    answers = await asyncio.gather(*(act(number) for number in range(8)), return_exceptions=True)

    kept = [answer for answer in answers if isinstance(answer, str)]
    late = [answer for answer in answers if isinstance(answer, RequestAlreadyRememberedError)]
    assert (len(kept), len(late)) == (1, 7)
    assert await recall(store, outcomes, KEY) == kept[0]
    assert len(await store.symbols()) == 1


async def test_a_twin_whose_rival_gives_up_is_kept(store: Store, outcomes: SqlOutcomes) -> None:
    remembered, give_up = asyncio.Event(), asyncio.Event()

    async def rival() -> None:
        async with store.database.transaction():
            await outcomes.remember(KEY, "voyage-1")
            remembered.set()
            await give_up.wait()
            raise KeyError

    first = asyncio.create_task(rival())
    await remembered.wait()
    second = asyncio.create_task(remember(store, outcomes, KEY, "voyage-2"))
    await asyncio.sleep(0.05)
    assert not second.done()
    give_up.set()
    await asyncio.gather(first, return_exceptions=True)
    await second

    assert await recall(store, outcomes, KEY) == "voyage-2"


async def test_after_a_week_an_id_is_free_again(store: Store, outcomes: SqlOutcomes, clock: SteppedClock) -> None:
    await remember(store, outcomes, KEY, "voyage-1")
    clock.step(WEEK - 1)
    assert await recall(store, outcomes, KEY) == "voyage-1"

    clock.step(1)
    assert await recall(store, outcomes, KEY) is None
    await remember(store, outcomes, replace(KEY, body_hash="b" * 64), "voyage-2")

    assert await recall(store, outcomes, replace(KEY, body_hash="b" * 64)) == "voyage-2"


async def test_what_is_older_than_a_week_is_forgotten_bit_by_bit(
    store: Store, outcomes: SqlOutcomes, clock: SteppedClock
) -> None:
    async with store.database.transaction():
        for number in range(250):
            await outcomes.remember(replace(KEY, request_id=f"key-{number}"), "voyage-1")
    clock.step(WEEK)
    for number in range(3):
        await remember(store, outcomes, replace(KEY, request_id=f"new-{number}"), "voyage-2")

    async with store.database.reading():
        assert await store.database.session.scalar(select(func.count()).select_from(OUTCOMES)) == 3


async def test_those_who_forget_at_the_same_time_do_not_wait_for_each_other(
    store: Store, outcomes: SqlOutcomes, clock: SteppedClock
) -> None:
    async with store.database.transaction():
        for number in range(50):
            await outcomes.remember(replace(KEY, request_id=f"key-{number}"), "voyage-1")
    clock.step(WEEK)

    await asyncio.gather(
        *(remember(store, outcomes, replace(KEY, request_id=f"new-{number}"), "voyage-2") for number in range(20))
    )

    assert await recall(store, outcomes, replace(KEY, request_id="new-19")) == "voyage-2"
