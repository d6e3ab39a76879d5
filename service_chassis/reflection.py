"""Server reflection in both of its versions: the package knows v1alpha alone, and newer clients ask for v1 first."""

from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format
from grpc_reflection.v1alpha import reflection, reflection_pb2

_V1 = "grpc.reflection.v1.ServerReflection"


def add_reflection(server: grpc.aio.Server, names: Sequence[str]) -> None:
    """Let callers list and describe the services `names`, and reflection itself."""
    _describe_v1()
    servicer: Any = reflection.aio.ReflectionServicer([*names, reflection.SERVICE_NAME, _V1])
    answer = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        reflection_pb2.ServerReflectionRequest.FromString,
        reflection_pb2.ServerReflectionResponse.SerializeToString,
    )
    for name in (reflection.SERVICE_NAME, _V1):
        handler = grpc.method_handlers_generic_handler(name, {"ServerReflectionInfo": answer})
        server.add_generic_rpc_handlers((handler,))


def _describe_v1() -> None:
    """v1 is v1alpha under another name, on the wire and in its descriptors."""
    known: Any = reflection_pb2.DESCRIPTOR
    pool: Any = descriptor_pool
    file = descriptor_pb2.FileDescriptorProto()
    known.CopyToProto(file)
    renamed = json_format.MessageToJson(file).replace("v1alpha", "v1")
    pool.Default().AddSerializedFile(json_format.Parse(renamed, type(file)()).SerializeToString())
