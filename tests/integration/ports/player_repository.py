"""What every PlayerRepository promises, whatever keeps its rows."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from player_service.application.ports import PlayerKey, PlayerRepository, UnitOfWork
from player_service.domain.errors import DuplicateAgentSymbolError, PlayerNotFoundError
from player_service.domain.metadata import Metadata
from player_service.domain.player import Player, PlayerState, Registration
from player_service.domain.secret import AgentToken
from shared_kernel.idempotency import Outcomes, RequestAlreadyRememberedError, RequestIdReusedError, RequestKey
from shared_kernel.symbols import AgentSymbol
from tests.fakes.player_clock import SteppedClock

TOKEN = AgentToken("eyJ.a-token.of-the-game")
KEY = RequestKey("", "RegisterPlayerCommand", "one", "hash-of-the-body")
UNKNOWN_ID = 2**40


@dataclass(frozen=True)
class Store:
    """One adapter under test; `outcomes` shares its transactions."""

    unit_of_work: UnitOfWork
    players: PlayerRepository
    outcomes: Outcomes
    clock: SteppedClock

    def registration(self, agent_symbol: str = "ACE", **metadata: object) -> Registration:
        return Registration(AgentSymbol(agent_symbol), "game/2026-11-22", self.clock.now(), Metadata(metadata))

    async def add(self, agent_symbol: str = "ACE", **metadata: object) -> Player:
        async with self.unit_of_work.transaction():
            return await self.players.add(self.registration(agent_symbol, **metadata), TOKEN)

    async def get(self, player_id: int) -> Player:
        async with self.unit_of_work.reading():
            return await self.players.get(PlayerKey(player_id))


class PlayerRepositoryContract:
    async def test_finds_a_player_by_id_and_by_agent_symbol_as_it_was_added(self, store: Store) -> None:
        added = await store.add(note="für später ☄", nested={"list": [1.5, True, None, "x"]})

        async with store.unit_of_work.reading():
            by_id = await store.players.get(PlayerKey(added.player_id))
            by_symbol = await store.players.get(PlayerKey(agent_symbol="ACE"))

        assert by_id == by_symbol == added
        assert added.state is PlayerState.ACTIVE
        assert added.create_time == added.update_time == store.clock.now()

    async def test_goes_through_all_tokens_a_few_at_a_time(self, store: Store) -> None:
        ids = [(await store.add(symbol)).player_id for symbol in ("ACE", "OTHER", "THIRD")]

        seen, last_id = list[int](), 0
        while True:
            async with store.unit_of_work.transaction():
                some = await store.players.reseal_after(last_id, 2)
            if not some.player_ids:
                break
            last_id = some.player_ids[-1]
            seen += some.player_ids
            assert not some.unreadable

        assert seen == ids
        async with store.unit_of_work.reading():
            assert (await store.players.get_with_token(PlayerKey(ids[0])))[1] == TOKEN

    async def test_gives_the_token_back_with_its_player(self, store: Store) -> None:
        added = await store.add()

        async with store.unit_of_work.reading():
            assert await store.players.get_with_token(PlayerKey(added.player_id)) == (added, TOKEN)

    async def test_refuses_a_second_player_for_an_agent_symbol(self, store: Store) -> None:
        first = await store.add("ACE")

        with pytest.raises(DuplicateAgentSymbolError, match="ACE"):
            await store.add("ACE")
        assert await store.get(first.player_id) == first

    async def test_lets_one_of_two_concurrent_registrations_win(self, store: Store) -> None:
        outcomes = await asyncio.gather(store.add("ACE"), store.add("ACE"), return_exceptions=True)

        assert {type(outcome) for outcome in outcomes} == {DuplicateAgentSymbolError, Player}

    async def test_a_refused_registration_does_not_spoil_its_transaction(self, store: Store) -> None:
        await store.add("ACE")

        async with store.unit_of_work.transaction():
            with pytest.raises(DuplicateAgentSymbolError):
                await store.players.add(store.registration("ACE"), TOKEN)
            other = await store.players.add(store.registration("OTHER"), TOKEN)

        assert await store.get(other.player_id) == other

    async def test_never_uses_an_id_twice(self, store: Store) -> None:
        first = await store.add("ACE")
        async with store.unit_of_work.transaction():
            await store.players.remove(first.player_id)

        assert (await store.add("ACE")).player_id > first.player_id

    async def test_names_the_key_that_it_does_not_find(self, store: Store) -> None:
        async with store.unit_of_work.reading():
            with pytest.raises(PlayerNotFoundError, match=str(UNKNOWN_ID)):
                await store.players.get(PlayerKey(UNKNOWN_ID))
            with pytest.raises(PlayerNotFoundError, match="NOBODY"):
                await store.players.get_with_token(PlayerKey(agent_symbol="NOBODY"))

    async def test_lists_by_ascending_id_from_after_a_given_one(self, store: Store) -> None:
        added = [await store.add(symbol) for symbol in ("CCC", "AAA", "BBB")]

        async with store.unit_of_work.reading():
            assert await store.players.list_after(0, 10) == added
            assert await store.players.list_after(added[0].player_id, 1) == added[1:2]
            assert await store.players.list_after(added[2].player_id, 10) == []

    async def test_keeps_every_part_of_a_change(self, store: Store) -> None:
        added = await store.add(a=1.0)
        later = store.clock.now() + timedelta(hours=1)

        async with store.unit_of_work.transaction():
            await store.players.change(added.player_id, lambda player: player.with_token_rejected(1, 4113, later))
            changed = await store.players.change(
                added.player_id, lambda player: player.with_metadata({"b": 2.0}, replacing=False, now=later)
            )

        assert await store.get(added.player_id) == changed
        assert (changed.state, changed.rejection_code) == (PlayerState.TOKEN_REJECTED, 4113)
        assert changed.metadata == Metadata({"a": 1.0, "b": 2.0})
        assert changed.update_time == later

    async def test_changes_a_token_together_with_its_player(self, store: Store) -> None:
        added = await store.add()
        token = AgentToken("another-token")

        async with store.unit_of_work.transaction():
            changed = await store.players.change(
                added.player_id, lambda player: player.with_new_token("game/2026-11-29", store.clock.now()), token
            )

        async with store.unit_of_work.reading():
            assert await store.players.get_with_token(PlayerKey(agent_symbol="ACE")) == (changed, token)
        assert changed.token_version == 2

    async def test_applies_concurrent_changes_one_after_the_other(self, store: Store) -> None:
        added = await store.add()

        async def note(key: str) -> None:
            async with store.unit_of_work.transaction():
                await store.players.change(
                    added.player_id,
                    lambda player: player.with_metadata({key: True}, replacing=False, now=store.clock.now()),
                )

        keys = [f"key-{number}" for number in range(8)]
        await asyncio.gather(*map(note, keys))

        assert set((await store.get(added.player_id)).metadata.entries) == set(keys)

    async def test_forgets_a_removed_player(self, store: Store) -> None:
        added = await store.add()

        async with store.unit_of_work.transaction():
            await store.players.remove(added.player_id)

        with pytest.raises(PlayerNotFoundError):
            await store.get(added.player_id)
        async with store.unit_of_work.transaction():
            with pytest.raises(PlayerNotFoundError):
                await store.players.remove(added.player_id)
            with pytest.raises(PlayerNotFoundError):
                await store.players.change(added.player_id, lambda player: player)

    async def test_a_failed_transaction_leaves_neither_player_nor_outcome(self, store: Store) -> None:
        async def fail_at_the_end() -> None:
            async with store.unit_of_work.transaction():
                await store.players.add(store.registration(), TOKEN)
                await store.outcomes.remember(KEY, "1")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail_at_the_end()
        async with store.unit_of_work.reading():
            assert await store.players.list_after(0, 10) == []
            assert await store.outcomes.recall(KEY) is None

    async def test_recalls_an_outcome_for_the_same_body_only(self, store: Store) -> None:
        async with store.unit_of_work.transaction():
            await store.outcomes.remember(KEY, "7")

        async with store.unit_of_work.reading():
            assert await store.outcomes.recall(KEY) == "7"
            assert await store.outcomes.recall(RequestKey("9", KEY.method, KEY.request_id, KEY.body_hash)) is None
            with pytest.raises(RequestIdReusedError):
                await store.outcomes.recall(RequestKey("", KEY.method, KEY.request_id, "hash-of-another-body"))
        with pytest.raises(RequestAlreadyRememberedError):
            async with store.unit_of_work.transaction():
                await store.outcomes.remember(KEY, "8")

    async def test_forgets_an_outcome_after_a_week(self, store: Store) -> None:
        async with store.unit_of_work.transaction():
            await store.outcomes.remember(KEY, "7")
        store.clock.step(timedelta(days=7, seconds=1).total_seconds())

        async with store.unit_of_work.transaction():
            assert await store.outcomes.recall(KEY) is None
            await store.outcomes.remember(KEY, "8")
            assert await store.outcomes.recall(KEY) == "8"

    async def test_works_inside_a_scope_only(self, store: Store) -> None:
        with pytest.raises(RuntimeError, match="scope"):
            await store.players.get(PlayerKey(1))
