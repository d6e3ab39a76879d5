"""The whole product on this machine: three services and the sandbox, their addresses, and what each is told."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from cli.errors import wrong_usage
from cli.processes import Program

REAL_GAME_URL = "https://api.spacetraders.io/v2"
SANDBOX_ACCOUNT = "sandbox-account"
SANDBOX_HOST = "127.0.0.1"
_HEALTH_SECONDS = 1.0
# What is meant for one process must not reach all of them; nor must our own certificates, as they talk in plain text.
_NOT_INHERITED = (
    "DATABASE_URL",
    "LISTEN_ADDRESS",
    "HEALTH_ADDRESS",
    "METRICS_ADDRESS",
    "TLS_CA_FILE",
    "TLS_CERT_FILE",
    "TLS_KEY_FILE",
    "TLS_CRL_FILE",
)
_IF_SLOW: Mapping[str, str] = {
    "routing_service": "is still starting; where its planners were never compiled, that comes first and takes minutes"
}
_ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Stack:
    """Addresses are `host:port`; port 0 stands for any free one. With `sandbox_port` None, `game_url` is the game."""

    player: str
    navigation: str
    routing: str
    data_dir: Path
    sandbox_port: int | None = None
    game_url: str = REAL_GAME_URL
    time_scale: float = 1.0
    sandbox_options: tuple[str, ...] = ()

    @property
    def log_dir(self) -> Path:
        return self.data_dir / "logs"

    @property
    def sandbox_url(self) -> str | None:
        return None if self.sandbox_port is None else f"http://{SANDBOX_HOST}:{self.sandbox_port}/v2"

    def with_checked_ports(self) -> "Stack":
        """The same with a free port for every 0. Raises CliError for an address that is taken or not this machine's."""
        with ExitStack() as held:
            sandbox = self.sandbox_port
            if sandbox is not None:
                address = _hold(held, f"{SANDBOX_HOST}:{sandbox}", "sandbox", "--sandbox-port")
                sandbox = int(address.rpartition(":")[2])
            return replace(
                self,
                player=_hold(held, self.player, "player service", "--player-service-address"),
                navigation=_hold(held, self.navigation, "navigation service", "--navigation-service-address"),
                routing=_hold(held, self.routing, "routing service", "--routing-service-address"),
                sandbox_port=sandbox,
            )

    def make_folders(self) -> None:
        """Raises CliError where nothing can be written."""
        try:
            self.log_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise wrong_usage(
                f"cannot make the folder {self.log_dir}: {error.strerror}", "choose another with --data-dir or DATA_DIR"
            ) from error

    def programs(self, environment: Mapping[str, str]) -> list[Program]:
        """What to start, in no order that matters. `environment` is what the children's is made from."""
        shared = self._environment(environment)
        services = {"player": self.player, "navigation": self.navigation, "routing": self.routing}
        programs = [
            self._program(
                f"{name} service",
                f"{name}_service",
                (),
                {**shared, "LISTEN_ADDRESS": address},
                partial(_serves_grpc, address),
            )
            for name, address in services.items()
        ]
        if self.sandbox_port is not None:
            options = (
                *("--port", str(self.sandbox_port), "--time-scale", plain_number(self.time_scale)),
                *("--data-dir", str(self.data_dir / "sandbox")),
                *self.sandbox_options,
            )
            ready = partial(_serves_http, SANDBOX_HOST, self.sandbox_port)
            programs.append(self._program("sandbox", "sandbox", options, shared, ready))
        return programs

    def _program(
        self,
        name: str,
        module: str,
        options: tuple[str, ...],
        environment: Mapping[str, str],
        is_ready: Callable[[], Awaitable[bool]],
    ) -> Program:
        # -P: a folder of the same name where the user happens to be is not to be run in place of ours.
        arguments = ("-P", "-m", module, *options)
        log_file = self.log_dir / f"{module}.log"
        return Program(name, arguments, environment, log_file, is_ready, _IF_SLOW.get(module, ""))

    def _environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in inherited.items() if name not in _NOT_INHERITED}
        return kept | {
            "PLAYER_SERVICE_ADDRESS": self.player,
            "NAVIGATION_SERVICE_ADDRESS": self.navigation,
            "ROUTING_SERVICE_ADDRESS": self.routing,
            "GAME_API_URL": self.sandbox_url or self.game_url,
            "GAME_TIME_SCALE": plain_number(self.time_scale),
            "DATA_DIR": str(self.data_dir),
            # A proxy for the outside world cannot reach what listens on this machine.
            "NO_PROXY": _joined(",", kept.get("NO_PROXY") or kept.get("no_proxy"), "127.0.0.1,localhost"),
            # With -P, a checkout that is not installed would not be found.
            "PYTHONPATH": _joined(":", kept.get("PYTHONPATH"), str(_ROOT)),
            "PYTHONUNBUFFERED": "1",
        }


def plain_number(number: float) -> str:
    """`60`, `0.5`: without a fraction where there is none."""
    return str(number).removesuffix(".0")


def _joined(separator: str, first: str | None, second: str) -> str:
    return f"{first}{separator}{second}" if first else second


def _hold(held: ExitStack, address: str, name: str, option: str) -> str:
    """Bind the address while the others are checked too; returns it with the port that was bound."""
    host, _, port = address.removeprefix("dns:///").rpartition(":")
    host = host.strip("[]")
    variable = "" if option == "--sandbox-port" else f" (or {option[2:].upper().replace('-', '_')})"
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM)[0]
        bound = held.enter_context(socket.socket(family, kind, protocol))
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(target)
        bound.listen(1)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error)
        raise wrong_usage(
            f"the {name} cannot listen on {address}: {cause}",
            f"stop what listens there (another `spacetraders up`?), or choose another place with {option}{variable}; "
            "port 0 takes a free one",
        ) from error
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{bound.getsockname()[1]}"


async def _serves_grpc(address: str) -> bool:
    import grpc
    from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

    # A pool of its own: no back-off is carried from one attempt into the next.
    options = (("grpc.enable_http_proxy", 0), ("grpc.use_local_subchannel_pool", 1))
    async with grpc.aio.insecure_channel(address, options=options) as channel:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check",
            request_serializer=HealthCheckRequest.SerializeToString,
            response_deserializer=HealthCheckResponse.FromString,
        )
        try:
            answer = await check(HealthCheckRequest(), timeout=_HEALTH_SECONDS)
        except grpc.aio.AioRpcError:
            return False
        return answer.status == HealthCheckResponse.SERVING


async def _serves_http(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_HEALTH_SECONDS):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET /v2/ HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                status_line = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return b" 200 " in status_line
