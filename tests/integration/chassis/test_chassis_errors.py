"""Every kind of error arrives as its own status, with details that a program can read and without secrets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from protos.player.v1 import player_service_pb2 as pb
from service_chassis.admission import Lane
from service_chassis.channels import NO_RETRY, PUSHBACK_HEADER
from service_chassis.database import DatabaseUnavailableError
from service_chassis.server import ServerOptions
from service_chassis.status import RemoteError, remote_error
from shared_kernel.errors import (
    AlreadyExists,
    DeadlineExceeded,
    DomainError,
    Exhausted,
    FieldViolation,
    Forbidden,
    InvalidInput,
    NotFound,
    PreconditionFailed,
    Unavailable,
)
from shared_kernel.idempotency import RequestIdReusedError
from tests.fakes.chassis_service import DOMAIN, PLAYER_SERVICE, Serving, serving

GET_PLAYER = f"/{PLAYER_SERVICE}/GetPlayer"


@pytest.fixture
async def service() -> AsyncIterator[Serving]:
    async with serving() as started:
        yield started


async def refused(service: Serving, error: Exception) -> tuple[RemoteError, grpc.aio.AioRpcError]:
    """What a caller gets when the use case raises `error`."""

    async def script(_request: object) -> None:
        raise error

    service.players.script = script
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)
    return remote_error(failure.value), failure.value


def unary(service: Serving, method: str) -> Any:
    """The method by name and in bytes, as no generated stub would call it."""
    return service.channel.unary_unary(method)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (NotFound, grpc.StatusCode.NOT_FOUND),
        (AlreadyExists, grpc.StatusCode.ALREADY_EXISTS),
        (PreconditionFailed, grpc.StatusCode.FAILED_PRECONDITION),
        (Unavailable, grpc.StatusCode.UNAVAILABLE),
        (Exhausted, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (DeadlineExceeded, grpc.StatusCode.DEADLINE_EXCEEDED),
        (Forbidden, grpc.StatusCode.PERMISSION_DENIED),
    ],
)
async def test_a_kind_of_error_has_its_status_reason_domain_and_metadata(
    service: Serving, kind: Callable[[str, dict[str, str]], DomainError], code: grpc.StatusCode
) -> None:
    given = kind("the ship is busy", {"voyage_id": "v-1"})

    error, _ = await refused(service, given)

    assert (error.code, error.message, error.reason, error.domain) == (code, "the ship is busy", given.reason, DOMAIN)
    assert error.metadata == {"voyage_id": "v-1"}


async def test_a_subclass_keeps_the_status_of_its_kind_and_brings_its_own_reason(service: Serving) -> None:
    class ShipBusyError(PreconditionFailed):
        reason = "SHIP_BUSY"

    error, _ = await refused(service, ShipBusyError("busy"))

    assert (error.code, error.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "SHIP_BUSY")


async def test_a_malformed_request_names_every_bad_field_at_once(service: Serving) -> None:
    violations = [FieldViolation("ships[2].origin", "is required"), FieldViolation("stops", "must name 1 to 200")]

    error, _ = await refused(service, InvalidInput(violations))

    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert error.violations == violations


async def test_a_reused_request_id_is_a_malformed_request_with_its_own_reason(service: Serving) -> None:
    error, _ = await refused(service, RequestIdReusedError("key-1"))

    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "REQUEST_ID_REUSED")
    assert [violation.field for violation in error.violations] == ["request_id"]


async def test_an_error_worth_repeating_says_when(service: Serving) -> None:
    error, _ = await refused(service, Unavailable("the game is down", retry_after=2.5))

    assert error.retry_after == 2.5


async def test_an_outage_behind_this_service_asks_not_to_be_retried_at_once(service: Serving) -> None:
    error, failure = await refused(service, DatabaseUnavailableError())

    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "DATABASE_UNAVAILABLE")
    assert (PUSHBACK_HEADER, NO_RETRY) in [(key, value) for key, value in failure.trailing_metadata() or ()]


async def test_an_unexpected_error_hides_its_cause_and_gives_an_id_that_the_log_has(service: Serving) -> None:
    with capture_logs() as logs:
        error, _ = await refused(service, KeyError("secret internal"))

    incident = error.metadata["incident_id"]
    assert (error.code, error.reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert incident in error.message
    assert "secret" not in f"{error.message}{error.metadata}"
    assert [str(line["exc_info"]) for line in logs if line["event"] == "unexpected error"] == ["'secret internal'"]


async def test_a_task_that_is_cancelled_inside_does_not_leave_the_caller_waiting(service: Serving) -> None:
    async def script(_request: object) -> None:
        inner = asyncio.create_task(asyncio.Event().wait())
        inner.cancel()
        await inner

    service.players.script = script
    with capture_logs(), pytest.raises(grpc.aio.AioRpcError) as failure:
        await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)

    assert remote_error(failure.value).reason == "INTERNAL"


async def test_a_method_left_out_is_unimplemented(service: Serving) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await service.player_stub.ListPlayers(pb.ListPlayersRequest(), timeout=30)

    error = remote_error(failure.value)
    assert (error.code, error.reason, error.domain) == (grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED", DOMAIN)
    assert "ListPlayers" in error.message


async def test_a_method_that_no_contract_knows_is_unimplemented_too(service: Serving) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await unary(service, f"/{PLAYER_SERVICE}/Nonsense")(b"", timeout=30)

    assert failure.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("sent", [b"\xff\xff\xff", b"\x12\x02\xc3\x28"], ids=["no message", "broken UTF-8"])
async def test_bytes_that_are_no_message_are_the_callers_fault(service: Serving, sent: bytes) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as failure:
        await unary(service, GET_PLAYER)(sent, timeout=30)

    error = remote_error(failure.value)
    assert (error.code, error.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_FIELD")
    assert not service.players.received


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput([FieldViolation(f"ships[{n}].origin" * 9, "must be a symbol " * 20) for n in range(200)]),
        InvalidInput([FieldViolation(f"stops[{n}]", "ist kein Gefäß ☃" * 9) for n in range(200)]),
        NotFound("☃" * 5_000, {"waypoint": "☃" * 5_000}),
        PreconditionFailed("x" * 100_000, {"unreachable": ",".join(["X1-VB74-A1"] * 200)}),
    ],
    ids=["many violations", "many wide violations", "wide message", "long message"],
)
async def test_however_much_there_is_to_say_the_status_arrives(service: Serving, error: DomainError) -> None:
    arrived, _ = await refused(service, error)

    assert arrived.reason == error.reason
    assert arrived.domain == DOMAIN


async def test_violations_that_found_no_room_are_counted(service: Serving) -> None:
    violations = [FieldViolation(f"stops[{n}]", "must be a symbol") for n in range(200)]

    error, _ = await refused(service, InvalidInput(violations))

    assert 40 < len(error.violations) < 200
    assert error.metadata["violations_left_out"] == str(200 - len(error.violations))


async def test_a_full_lane_refuses_with_the_time_to_come_back() -> None:
    lane = Lane("solves", limit=1, retry_after=3.0)
    options = ServerOptions("127.0.0.1:0", drain_seconds=0.5, admission={GET_PLAYER: lane})
    async with serving(options) as service:

        async def call_again(_request: object) -> None:
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)
            errors.append(remote_error(failure.value))

        errors: list[RemoteError] = []
        service.players.script = call_again
        await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)

        assert (errors[0].code, errors[0].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL")
        assert (errors[0].retry_after, errors[0].metadata) == (3.0, {"lane": "solves", "limit": "1"})


async def test_a_lane_is_free_again_after_a_failure(service: Serving) -> None:
    options = ServerOptions("127.0.0.1:0", drain_seconds=0.5, admission={GET_PLAYER: Lane("solves", limit=1)})
    async with serving(options) as limited:
        for _ in range(3):
            error, _ = await refused(limited, NotFound("no such player"))

            assert error.code is grpc.StatusCode.NOT_FOUND


async def test_a_method_for_this_machine_alone_answers_a_local_caller() -> None:
    options = ServerOptions(
        "[::]:0",
        drain_seconds=0.5,
        loopback_only=frozenset({GET_PLAYER}),
        insecure_plaintext_on_network=True,
    )
    async with serving(options) as service:
        for host in ("127.0.0.1", "[::1]"):
            async with grpc.aio.insecure_channel(f"{host}:{service.server.port}") as channel:
                await Serving(service.server, service.players, service.voyages, channel).player_stub.GetPlayer(
                    pb.GetPlayerRequest(), timeout=5
                )


async def test_before_it_is_ready_a_service_answers_unavailable() -> None:
    async with serving(ready=False) as service:
        with pytest.raises(grpc.aio.AioRpcError) as failure:
            await service.player_stub.GetPlayer(pb.GetPlayerRequest(), timeout=30)

        error = remote_error(failure.value)
        assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "NOT_SERVING")
        assert error.retry_after == 0.5
