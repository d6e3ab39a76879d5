"""The smallest tree with our packages in which every kind of import that the rules allow is made once."""

from collections.abc import Iterator
from pathlib import Path

# file -> the modules that it imports
LIBRARIES = {
    "protos/__init__.py": "",
    "protos/player_pb2.py": "google.protobuf",
    "pymediatr/__init__.py": "pymediatr.mediator",
    "pymediatr/mediator.py": "asyncio",
    "shared_kernel/__init__.py": "",
    "shared_kernel/errors.py": "dataclasses",
    "shared_kernel/clock.py": "time shared_kernel.errors",
    "service_chassis/__init__.py": "",
    "service_chassis/behaviors.py": "structlog pymediatr shared_kernel.clock",
    "service_chassis/channels.py": "asyncio grpc",
    "service_chassis/database.py": "sqlalchemy shared_kernel.errors",
    "service_chassis/server.py": "grpc grpc_health.v1 structlog",
    "service_chassis/status.py": "grpc shared_kernel.errors",
    "service_chassis/wire.py": "google.protobuf",
    "cli/__init__.py": "",
    "cli/__main__.py": "typer cli.players",
    "cli/players.py": "grpc protos.player_pb2 service_chassis.channels service_chassis.status service_chassis.wire",
    "sandbox/__init__.py": "",
    "sandbox/__main__.py": "starlette sandbox.physics",
    "sandbox/physics.py": "math",
}
SERVICE = {
    "__init__.py": "",
    "__main__.py": "{service}.bootstrap {service}.settings",
    "bootstrap.py": (
        "grpc pymediatr service_chassis.behaviors service_chassis.database service_chassis.server shared_kernel.clock "
        "{service}.access {service}.adapters.things {service}.application.queries.get_thing {service}.domain.thing "
        "{service}.servicer {service}.settings"
    ),
    "settings.py": "os pydantic_settings",
    "access.py": "collections.abc",
    "servicer.py": (
        "grpc protos.player_pb2 pymediatr service_chassis.wire shared_kernel.errors "
        "{service}.application.queries.get_thing {service}.domain.thing"
    ),
    "domain/__init__.py": "",
    "domain/thing.py": "dataclasses shared_kernel.errors",
    "application/__init__.py": "",
    "application/ports.py": "typing {service}.domain.thing",
    "application/queries/__init__.py": "",
    "application/queries/get_thing.py": (
        "asyncio pymediatr shared_kernel.errors {service}.application.ports {service}.domain.thing"
    ),
    "adapters/__init__.py": "",
    "adapters/things.py": (
        "grpc requests sqlalchemy protos.player_pb2 service_chassis.database shared_kernel.errors "
        "{service}.application.ports {service}.domain.thing"
    ),
}
PECULIAR = {
    "navigation_service/messages.py": (
        "protos.player_pb2 service_chassis.wire shared_kernel.errors "
        "navigation_service.application.ports navigation_service.domain.thing"
    ),
    "navigation_service/voyage_runner.py": (
        "asyncio pymediatr shared_kernel.clock navigation_service.application.queries.get_thing"
    ),
    "routing_service/adapters/ortools_tour.py": "ortools routing_service.application.ports",
    "routing_service/domain/planner.py": "numpy routing_service.domain.thing",
}


def tiny_tree() -> Iterator[tuple[str, str]]:
    """Every file's path with its content."""
    for file, modules in LIBRARIES.items() | PECULIAR.items():
        yield file, _imports(modules)
    for service in ("player_service", "navigation_service", "routing_service"):
        for file, modules in SERVICE.items():
            yield f"{service}/{file}", _imports(modules.format(service=service))


def _imports(modules: str) -> str:
    return "".join(f"import {module}\n" for module in modules.split())


def plant_tree(root: Path) -> None:
    """Write the tree below `root`."""
    for file, code in tiny_tree():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(code)
