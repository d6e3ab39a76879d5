"""Stands in for a service or the sandbox under `spacetraders up`: serves health, and leaves notes in DATA_DIR.

STUB_<NAME>=die makes it end at once, STUB_<NAME>=idle makes it never ready.
"""

import json
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2_grpc


def main(name: str) -> int:
    """Run until SIGTERM, as `name` (`player_service`)."""
    # Waited for, not handled: a handler that sets an event is not safe against a second signal within the first.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    notes = Path(os.environ["DATA_DIR"])
    told = json.dumps({"pid": os.getpid(), "arguments": sys.argv[1:], "environment": dict(os.environ)})
    (notes / f"{name}.part").write_text(told)
    # All of it is there as soon as any is.
    (notes / f"{name}.part").rename(notes / f"{name}.json")
    behaviour = os.environ.get(f"STUB_{name.upper()}", "")
    if behaviour == "die":
        print(f"{name}: cannot go on\x1b[31m", file=sys.stderr)
        return 3
    server = None if behaviour == "idle" else _serve(name)
    signal.sigwait({signal.SIGTERM})
    del server
    (notes / f"{name}.stopped").touch()
    return 0


def _serve(name: str) -> object:
    """The running server, to be kept: a gRPC server stops when nothing refers to it any more."""
    if name == "sandbox":
        port = int(sys.argv[sys.argv.index("--port") + 1])
        server = ThreadingHTTPServer(("127.0.0.1", port), _Healthy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server
    services = grpc.server(ThreadPoolExecutor(max_workers=1))
    health_pb2_grpc.add_HealthServicer_to_server(health.HealthServicer(), services)
    services.add_insecure_port(os.environ["LISTEN_ADDRESS"])
    services.start()
    return services


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/v2/" else 404)
        self.end_headers()
