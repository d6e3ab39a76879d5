"""Whatever fills a request, it is refused before work is done for it: every field of every RPC, one at a time."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message

from service_chassis.server import MAX_MESSAGE_BYTES
from tests.fakes.any_service import SERVICES, serving

FULL = MAX_MESSAGE_BYTES - 100_000
# Of the server and its client in one process; what a full message costs to read is most of it.
CPU_SECONDS = 1.0


def stuffed(descriptor: Descriptor, depth: int = 3) -> Iterator[tuple[str, Message]]:
    """The message with one field filled to the brim, for each field and those of the messages in it."""
    for field in descriptor.fields:
        message = message_factory.GetMessageClass(descriptor)()
        if field.is_repeated:
            if fill_repeated(message, field):
                yield field.name, message
        elif field.type == FieldDescriptor.TYPE_STRING:
            setattr(message, field.name, "A" * FULL)
            yield field.name, message
        elif field.message_type is not None and depth and not field.message_type.full_name.startswith("google."):
            for path, inner in stuffed(field.message_type, depth - 1):
                outer = message_factory.GetMessageClass(descriptor)()
                getattr(outer, field.name).CopyFrom(inner)
                yield f"{field.name}.{path}", outer


def fill_repeated(message: Any, field: FieldDescriptor) -> bool:
    values = getattr(message, field.name)
    if field.type == FieldDescriptor.TYPE_STRING:
        values.extend(f"A{number}" for number in range(FULL // 10))
    elif field.message_type is None:
        values.extend([1] * FULL)
    elif field.message_type.GetOptions().map_entry:
        return False
    else:
        # As it goes over the wire: the field's tag and a length of nothing. To append would take seconds.
        message.MergeFromString(bytes([field.number << 3 | 2, 0]) * (FULL // 2))
    return True


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_a_field_filled_to_the_brim_costs_next_to_nothing(service: ServiceDescriptor, tmp_path: Path) -> None:
    async with serving(service, tmp_path) as app, grpc.aio.insecure_channel(f"127.0.0.1:{app.port}") as channel:
        for method in service.methods:
            for path, request in stuffed(method.input_type):
                before = time.process_time()
                code = await code_of(channel, method, request)
                spent = time.process_time() - before
                assert code is grpc.StatusCode.INVALID_ARGUMENT, f"{method.name}.{path}"
                assert spent < CPU_SECONDS, f"{method.name}.{path}"


async def code_of(channel: grpc.aio.Channel, method: MethodDescriptor, request: Message) -> grpc.StatusCode:
    path = f"/{method.containing_service.full_name}/{method.name}"
    call: Any = (channel.unary_stream if method.server_streaming else channel.unary_unary)(path)
    try:
        answer = call(request.SerializeToString(), timeout=60)
        if method.server_streaming:
            async for _ in answer:
                pass
        else:
            await answer
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK
