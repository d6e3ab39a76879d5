"""A failed call, unpacked on the caller's side."""

import grpc
from google.rpc import code_pb2, status_pb2
from grpc_status import rpc_status

from service_chassis.status import RemoteError, code_of, remote_error, to_rpc_status
from shared_kernel.errors import DomainError, FieldViolation, InvalidInput, Unavailable


def failure(status: status_pb2.Status) -> grpc.aio.AioRpcError:
    """What a client's stub raises for this status."""
    packed = rpc_status.to_status(status)
    return grpc.aio.AioRpcError(
        packed.code, grpc.aio.Metadata(), grpc.aio.Metadata(*(packed.trailing_metadata or ())), packed.details
    )


def test_an_error_comes_back_as_it_was_raised() -> None:
    raised = Unavailable("the game is down", {"host": "api"}, retry_after=0.25)

    error = remote_error(failure(to_rpc_status(raised, "spacetraders.player")))

    assert (error.code, error.message, error.reason) == (grpc.StatusCode.UNAVAILABLE, "the game is down", "UNAVAILABLE")
    assert (error.domain, error.metadata, error.retry_after) == ("spacetraders.player", {"host": "api"}, 0.25)


def test_a_list_that_is_too_long_is_not_cut_in_the_middle_of_a_symbol() -> None:
    symbols = [f"X1-AB12-{number:03}" for number in range(200)]
    raised = Unavailable("out of reach", {"unreachable": ",".join(symbols)})

    *told, last = remote_error(failure(to_rpc_status(raised, "d"))).metadata["unreachable"].split(",")

    assert (len(told) > 100, told, last) == (True, symbols[: len(told)], "…")


def test_violations_come_back_in_order() -> None:
    violations = [FieldViolation("b", "is required"), FieldViolation("a", "is too long")]

    assert remote_error(failure(to_rpc_status(InvalidInput(violations), "d"))).violations == violations


def test_a_failure_of_the_transport_has_a_text_and_no_reason() -> None:
    error = remote_error(
        grpc.aio.AioRpcError(grpc.StatusCode.DEADLINE_EXCEEDED, grpc.aio.Metadata(), grpc.aio.Metadata(), None)
    )

    assert (error.reason, error.message) == ("", "deadline exceeded")
    assert str(error) == "DEADLINE_EXCEEDED -: deadline exceeded"


def test_details_that_contradict_the_status_are_left_aside() -> None:
    metadata = grpc.aio.Metadata(
        ("grpc-status-details-bin", status_pb2.Status(code=code_pb2.NOT_FOUND).SerializeToString())
    )

    error = remote_error(grpc.aio.AioRpcError(grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), metadata, "broken"))

    assert (error.code, error.message, error.reason) == (grpc.StatusCode.INTERNAL, "broken", "")


def test_a_remote_error_can_be_kept_in_a_set_like_any_exception() -> None:
    error = RemoteError(grpc.StatusCode.INTERNAL, "broken")

    assert error in {error}


def test_an_error_of_no_kind_is_internal() -> None:
    assert code_of(DomainError("what is this")) is grpc.StatusCode.INTERNAL
