"""The mediators that are compared, each in its quickest honest set-up: handlers and behaviors made beforehand.

A contender builds, for a number of no-op behaviors, a `send` and the request to send with it; `await send(request)`
is what gets timed. The peers are imported where they are used, since they come with the extra `bench` alone.
"""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from pymediatr import Mediator, NextHandler, PipelineBehavior, Query, Request, RequestHandler

ANSWER = 42

Send: TypeAlias = Callable[[Any], Awaitable[Any]]
Contender: TypeAlias = Callable[[int], tuple[Send, object]]


class Ask(Query[int]): ...


class AskHandler(RequestHandler[Ask, int]):
    async def handle(self, request: Ask) -> int:
        return ANSWER


class NoBehavior(PipelineBehavior):
    async def handle(self, request: Request[Any], next_handler: NextHandler) -> Any:
        return await next_handler()


def direct(behaviors: int) -> tuple[Send, object]:
    """No mediator at all: what the others are measured against."""
    return AskHandler().handle, Ask()


def pymediatr(behaviors: int) -> tuple[Send, object]:
    mediator = Mediator()
    for _ in range(behaviors):
        mediator.add_pipeline_behavior(NoBehavior())
    mediator.register_handler(Ask, AskHandler())
    return mediator.send, Ask()


def mediatorx(behaviors: int) -> tuple[Send, object]:
    from mediatorx import DictResolver, IRequest, Mediator

    class AskX(IRequest): ...  # type: ignore[misc]  # its base is Any where the peer is not installed

    resolver = DictResolver().add_instance(AskHandler, AskHandler())
    mediator = Mediator(resolver)
    for number in range(behaviors):
        behavior = type(f"NoBehavior{number}", (NoBehavior,), {})
        resolver.add_instance(behavior, behavior())
        mediator.add_behavior(behavior)
    mediator.register(AskX, AskHandler)
    return mediator.send, AskX()


def kerux(behaviors: int) -> tuple[Send, object]:
    from kerux import Mediator, Request

    class AskK(Request): ...  # type: ignore[misc]  # its base is Any where the peer is not installed

    mediator = Mediator()
    for _ in range(behaviors):
        mediator.add_behavior(NoBehavior())
    mediator.register(AskK, AskHandler())
    return mediator.send, AskK()


def mediatpy(behaviors: int) -> tuple[Send, object]:
    from mediatpy import Mediator, PipelineBehavior, Request, RequestHandler

    class AskPy(Request): ...  # type: ignore[misc]  # its base is Any where the peer is not installed

    class AskPyHandler(RequestHandler[AskPy, int]):  # type: ignore[misc]  # likewise
        async def handle(self, request: AskPy) -> int:
            return ANSWER

    class NoPyBehavior(PipelineBehavior[AskPy, int]):  # type: ignore[misc]  # likewise
        async def handle(self, request: AskPy, next_behavior: Callable[[], Awaitable[int]]) -> int:
            return await next_behavior()

    handler, behavior = AskPyHandler(), NoPyBehavior()

    async def make_handler(_: object) -> object:
        return handler

    async def make_behavior(_: object) -> object:
        return behavior

    mediator = Mediator(request_handler_factory=make_handler, pipeline_behavior_factory=make_behavior)
    for _ in range(behaviors):
        mediator.register_pipeline_behavior(NoPyBehavior)
    mediator.register_request_handler(AskPyHandler)
    return mediator.send, AskPy()


def mediatr(behaviors: int) -> tuple[Send, object]:
    """Its registry is global, so every number of behaviors has a request class of its own."""
    from mediatr import Mediator

    ask = type(f"AskR{behaviors}", (), {})

    async def handle(request: object) -> int:
        return ANSWER

    handle.__annotations__["request"] = ask
    Mediator.register_handler(handle)
    for _ in range(behaviors):

        async def behave(request: object, next: Callable[[], Awaitable[int]]) -> int:
            return await next()

        behave.__annotations__["request"] = ask
        Mediator.register_behavior(behave)
    return Mediator().send_async, ask()


PEERS: dict[str, Contender] = {"mediatorx": mediatorx, "kerux": kerux, "mediatpy": mediatpy, "mediatr": mediatr}
