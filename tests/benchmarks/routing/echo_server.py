"""A gRPC server that does nothing: `python -m tests.benchmarks.routing.echo_server PORT` sends back what it gets."""

import asyncio
import sys

import grpc

METHOD = "/echo.Echo/Send"


class _Echo(grpc.GenericRpcHandler):
    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[bytes, bytes] | None":
        return grpc.unary_unary_rpc_method_handler(_send_back)


async def _send_back(request: bytes, context: object) -> bytes:
    return request


async def _serve(port: int) -> None:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_Echo(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
