"""Voyages outlive the process that accepted them, over either database."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import grpc
import pytest
import structlog
from pydantic import SecretStr

from navigation_service.bootstrap import migrate
from navigation_service.domain.voyage import GameAction
from navigation_service.settings import Settings
from protos.navigation.v1 import navigation_pb2 as pb
from protos.navigation.v1 import navigation_service_pb2 as service_pb
from service_chassis.status import RemoteError
from service_chassis.telemetry import configure_logging
from tests.fakes.navigation_component import FarSide, running, settings_for
from tests.fakes.navigation_world import FAR, PUMP


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, at the most talkative level."""
    stream = io.StringIO()
    configure_logging("DEBUG", "json", "navigation_service", stream)
    yield stream
    structlog.reset_defaults()


async def test_a_voyage_goes_on_in_the_next_process(tmp_path: Path) -> None:
    settings, far_side = settings_for(tmp_path), FarSide(time_scale=200.0)
    async with running(settings, far_side) as first:
        voyage = await first.navigate(FAR)
        events = await first.watch(voyage.voyage_id, until="departed")

    async with running(settings, far_side) as second:
        rest = await second.watch(voyage.voyage_id, after=events[-1].number)
        ended = await second.voyage(voyage.voyage_id)

    assert ended.state == pb.Voyage.STATE_COMPLETED
    assert [event.number for event in [*events, *rest]] == [*range(1, ended.last_event_number + 1)]
    assert len(far_side.game.applied(GameAction.REFUEL)) == 1
    assert len(far_side.game.applied(GameAction.NAVIGATE)) == 2


async def test_a_drain_ends_watches_so_that_they_are_resumed_elsewhere(tmp_path: Path) -> None:
    async with running(settings_for(tmp_path), FarSide(time_scale=1.0)) as service:
        voyage = await service.navigate(PUMP)
        watch = asyncio.create_task(service.watch(voyage.voyage_id))
        await service.watch(voyage.voyage_id, until="departed")
        await service.app.stop()

        with pytest.raises(RemoteError) as ended:
            await watch

    assert (ended.value.code, ended.value.reason) == (grpc.StatusCode.UNAVAILABLE, "NOT_SERVING")


async def test_a_repeat_is_known_to_the_next_process(tmp_path: Path) -> None:
    settings, far_side = settings_for(tmp_path), FarSide(time_scale=1.0)
    async with running(settings, far_side) as first:
        accepted = await first.navigate(PUMP, request_id="r-1")
    async with running(settings, far_side) as second:
        assert (await second.navigate(PUMP, request_id="r-1")).voyage_id == accepted.voyage_id


@pytest.mark.postgres
async def test_flies_over_postgresql_with_several_processes(tmp_path: Path, postgres_url: str) -> None:
    settings = settings_for(tmp_path, database_url=SecretStr(postgres_url))
    await migrate(settings)
    far_side = FarSide()
    async with running(settings, far_side) as first, running(settings, far_side) as second:
        voyages = await asyncio.gather(
            *[each.navigate(FAR, request_id="r-1") for each in (first, second) for _ in range(3)]
        )
        events = await second.watch(voyages[0].voyage_id)

    assert len({voyage.voyage_id for voyage in voyages}) == 1
    assert events[-1].state == pb.Voyage.STATE_COMPLETED
    assert len(far_side.game.applied(GameAction.REFUEL)) == 1


@pytest.mark.postgres
async def test_processes_over_postgresql_share_one_request_budget(tmp_path: Path, postgres_url: str) -> None:
    limit = {"game_requests_per_second": 2.0, "game_burst": 30}
    settings = settings_for(tmp_path, database_url=SecretStr(postgres_url), **limit)
    await migrate(settings)
    far_side = FarSide()
    async with running(settings, far_side) as first, running(settings, far_side) as second:
        voyage = await first.navigate(PUMP)
        events = await second.watch(voyage.voyage_id)
        budgets = [await each.stub.GetGameBudget(service_pb.GetGameBudgetRequest()) for each in (first, second)]

    assert events[-1].state == pb.Voyage.STATE_COMPLETED
    assert [budget.limit_per_minute for budget in budgets] == [134, 134]
    assert max(budget.requests_last_minute for budget in budgets) >= 2


@pytest.mark.postgres
async def test_waits_until_postgresql_is_migrated(tmp_path: Path, postgres_url: str) -> None:
    settings = settings_for(tmp_path, database_url=SecretStr(postgres_url))
    service = running(settings, FarSide())
    entering = asyncio.create_task(service.__aenter__())
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.shield(entering), 0.5)
    assert not entering.done()

    await migrate(settings)

    component = await asyncio.wait_for(entering, 60)
    assert (await component.navigate(PUMP)).state == pb.Voyage.STATE_PLANNED
    await service.__aexit__(None, None, None)


async def use_everything(settings: Settings, far_side: FarSide) -> list[str]:
    """A whole voyage, an outage, and a refused token; the errors' texts."""
    errors = list[str]()
    async with running(settings, far_side) as service:
        voyage = await service.navigate(FAR, request_id="r-1")
        await service.watch(voyage.voyage_id)
        request = service_pb.GetShipRequest(ship_symbol="ACE-1", refresh=True)
        far_side.game.down = True
        errors.append(str(await service.failure("GetShip", request)))
        far_side.game.down = False
        far_side.game.refuse_token(far_side.credential)
        errors.append(str(await service.failure("GetShip", request)))
    return errors


def contents(directory: Path) -> list[bytes]:
    return [path.read_bytes() for path in directory.iterdir()]


async def test_tokens_are_in_no_log_no_error_and_no_database_file(tmp_path: Path, log: io.StringIO) -> None:
    far_side = FarSide()
    secret = far_side.credential.token.reveal()

    errors = await use_everything(settings_for(tmp_path), far_side)

    assert "NavigateShipCommand" in log.getvalue()
    assert "refuelled at" in log.getvalue()
    assert secret not in log.getvalue()
    assert not any(secret in error for error in errors)
    assert not any(secret.encode() in content for content in contents(tmp_path))
