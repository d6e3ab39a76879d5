"""Every request has exactly one handler, and none waits for the outside world inside a transaction."""

import inspect
import pkgutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, get_args, get_type_hints

import pytest

from pymediatr import Command, Mediator, Request, RequestHandler, StreamRequest
from tests.architecture.source import SERVICES

# Ports behind which somebody else's answer is waited for.
REMOTE_PORTS = frozenset({"GameGateway", "RoutePlanner", "PlayerDirectory"})


class Anything:
    """Stands for whatever a handler is given; it has every attribute, and they are of the same kind."""

    def __getattr__(self, name: str) -> "Anything":
        return self


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def classes_of(package: str) -> Iterator[type[object]]:
    """Every class that is defined below `package`."""
    for found in pkgutil.walk_packages(import_module(package).__path__, f"{package}."):
        module = import_module(found.name)
        yield from (c for c in vars(module).values() if isinstance(c, type) and c.__module__ == module.__name__)


def requests_of(service: str) -> set[type[object]]:
    return {c for c in classes_of(f"{service}.application") if issubclass(c, Request | StreamRequest)}


def mediator_of(service: str) -> Mediator:
    """What the service's own wiring builds. Handlers only keep what they get, so anything will do."""
    create_mediator = import_module(f"{service}.bootstrap").create_mediator
    mediator = create_mediator(**{name: Anything() for name in inspect.signature(create_mediator).parameters})
    assert isinstance(mediator, Mediator)
    return mediator


def waits_for(constructor: Callable[..., object]) -> set[str]:
    """The remote ports that a class is given, directly or by way of what else it is given."""
    found: set[str] = set()
    for name, hint in get_type_hints(constructor.__init__).items():
        for given in (hint, *get_args(hint)):
            if name == "return" or not isinstance(given, type):
                continue
            if is_port(given):
                found |= {base.__name__ for base in given.__mro__} & REMOTE_PORTS
            elif given.__module__.partition(".")[2].startswith("application"):
                found |= waits_for(given)
    return found


def is_port(given: type[object]) -> bool:
    return getattr(given, "_is_protocol", False)


def test_every_request_has_exactly_one_handler(service: str) -> None:
    # A second handler for one request cannot be registered: DuplicateHandlerError.
    assert mediator_of(service).registered_requests == requests_of(service)


def test_every_handler_is_registered(service: str) -> None:
    handlers = {c.__name__ for c in classes_of(f"{service}.application") if c.__name__.endswith("Handler")}

    assert len(handlers) == len(mediator_of(service).registered_requests)


def test_requests_say_what_they_are_and_nothing_else(service: str) -> None:
    for request in requests_of(service):
        folder = request.__module__.split(".")[2]
        suffix = "Command" if issubclass(request, Command) else "Query"
        assert request.__name__.endswith(suffix), f"{request.__name__} should end with {suffix}"
        assert folder == ("commands" if issubclass(request, Command) else "queries"), (
            f"{request.__module__} is misplaced"
        )


def commands_that_wait(service: str) -> Iterator[type[object]]:
    handlers = (c for c in classes_of(f"{service}.application") if issubclass(c, RequestHandler))
    for handler in handlers:
        request = get_type_hints(handler.handle)["request"]
        if issubclass(request, Command) and waits_for(handler):
            yield request


def test_no_transaction_is_held_while_a_command_waits_for_the_outside_world(service: str) -> None:
    manual: Collection[type[object]] = getattr(import_module(f"{service}.bootstrap"), "MANUAL_TRANSACTIONS", ())

    assert set(commands_that_wait(service)) - set(manual) == set()


class GameGateway(Protocol):
    def read(self) -> str: ...


class Clock(Protocol):
    def now(self) -> float: ...


@dataclass
class GivenTheGame:
    game: GameGateway


@dataclass
class GivenTheGameOrNothing:
    game: GameGateway | None
    clock: Clock


@dataclass
class GivenNothingRemote:
    clock: Clock
    limit: int


def test_sees_a_remote_port_that_a_handler_is_given() -> None:
    assert waits_for(GivenTheGame) == {"GameGateway"}
    assert waits_for(GivenTheGameOrNothing) == {"GameGateway"}
    assert waits_for(GivenNothingRemote) == set()


def test_sees_a_remote_port_behind_a_collaborator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GivenTheGame, "__module__", "player_service.application.prover")

    class GivenAProver:
        def __init__(self, prover: GivenTheGame, clock: Clock) -> None: ...

    assert waits_for(GivenAProver) == {"GameGateway"}
