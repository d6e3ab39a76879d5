"""The mediator: one handler per request type, one ordered list of behaviors, folded once per type."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, NoReturn, TypeAlias, TypeVar, overload

from pymediatr.behaviors import PipelineBehavior
from pymediatr.errors import DuplicateHandlerError, HandlerMismatchError, HandlerNotFoundError
from pymediatr.handlers import RequestHandler, StreamRequestHandler
from pymediatr.matching import mismatch, named
from pymediatr.requests import Request, StreamRequest

Result = TypeVar("Result")
Item = TypeVar("Item")
RequestT = TypeVar("RequestT", bound=Request[Any])
StreamRequestT = TypeVar("StreamRequestT", bound=StreamRequest[Any])

_Pipeline: TypeAlias = Callable[[Any], Coroutine[Any, Any, Any]]
_StreamPipeline: TypeAlias = Callable[[Any, AsyncExitStack], AsyncIterator[Any]]
_Folded = TypeVar("_Folded")


class Mediator:
    """Sends a request through its behaviors to the one handler of its type.

    The pipeline of a request type is folded when its first request comes. Handlers and behaviors may be added
    later too: they hold for requests sent from then on. Safe for any number of concurrent requests.
    """

    def __init__(self) -> None:
        self._handlers: dict[type[object], RequestHandler[Any, Any]] = {}
        self._stream_handlers: dict[type[object], StreamRequestHandler[Any, Any]] = {}
        self._behaviors: list[PipelineBehavior] = []
        self._pipelines: _FoldedByType[_Pipeline] = _FoldedByType(self._fold)
        self._stream_pipelines: _FoldedByType[_StreamPipeline] = _FoldedByType(self._fold_stream)

    @property
    def registered_requests(self) -> frozenset[type[object]]:
        """The types, of requests and of stream requests, that have a handler."""
        return frozenset(self._handlers) | frozenset(self._stream_handlers)

    @overload
    def register_handler(self, request_type: type[RequestT], handler: RequestHandler[RequestT, Any]) -> None: ...

    @overload
    def register_handler(
        self, request_type: type[StreamRequestT], handler: StreamRequestHandler[StreamRequestT, Any]
    ) -> None: ...

    def register_handler(self, request_type: type[Any], handler: object) -> None:
        """Make `handler` answer the requests of exactly this type; subclasses need a handler of their own.

        Raises DuplicateHandlerError, or HandlerMismatchError where the handler declares another request or result.
        """
        if request_type in self._handlers or request_type in self._stream_handlers:
            raise DuplicateHandlerError(request_type, f"{named(request_type)} has a handler already")
        reason = mismatch(request_type, handler)
        if reason is not None:
            raise HandlerMismatchError(request_type, reason)
        if isinstance(handler, RequestHandler):
            self._handlers[request_type] = handler
        elif isinstance(handler, StreamRequestHandler):
            self._stream_handlers[request_type] = handler

    def add_pipeline_behavior(self, behavior: PipelineBehavior) -> None:
        """Add `behavior` inside those that were added before."""
        self._behaviors.append(behavior)
        self._pipelines.clear()
        self._stream_pipelines.clear()

    def send(self, request: Request[Result]) -> Coroutine[Any, Any, Result]:
        """`await mediator.send(request)` is the handler's result.

        Raises HandlerNotFoundError, at the call; what a handler or behavior raises comes through as it is.
        """
        return self._pipelines[type(request)](request)

    def stream(self, request: StreamRequest[Item]) -> AsyncGenerator[Item, None]:
        """`async for item in mediator.stream(request)` runs through the handler's items as they come.

        A consumer that may stop early opens it in `contextlib.aclosing`, so that the handler ends there and then.
        Raises HandlerNotFoundError, at the call.
        """
        return _iterate(self._stream_pipelines[type(request)], request)

    def _fold(self, request_type: type[object]) -> _Pipeline:
        if request_type not in self._handlers:
            self._raise_not_found(request_type)
        pipeline: _Pipeline = self._handlers[request_type].handle
        for behavior in self._applicable(request_type):
            pipeline = _wrap(behavior, pipeline)
        return pipeline

    def _fold_stream(self, request_type: type[object]) -> _StreamPipeline:
        if request_type not in self._stream_handlers:
            self._raise_not_found(request_type)
        pipeline = _source(self._stream_handlers[request_type])
        for behavior in self._applicable(request_type):
            pipeline = _wrap_stream(behavior, pipeline)
        return pipeline

    def _applicable(self, request_type: type[object]) -> list[PipelineBehavior]:
        return [behavior for behavior in reversed(self._behaviors) if behavior.applies_to(request_type)]

    def _raise_not_found(self, request_type: type[object]) -> NoReturn:
        name = named(request_type)
        if request_type in self._handlers:
            raise HandlerNotFoundError(request_type, f"{name} answers once: use send() instead of stream()")
        if request_type in self._stream_handlers:
            raise HandlerNotFoundError(request_type, f"{name} answers with a stream: use stream() instead of send()")
        raise HandlerNotFoundError(request_type, f"no handler is registered for {name}: call register_handler first")


class _FoldedByType(dict[type[object], _Folded]):
    """Pipelines by request type; a missing one is folded on first use. The usual look-up stays inside `dict`."""

    def __init__(self, fold: Callable[[type[object]], _Folded]) -> None:
        super().__init__()
        self._fold = fold

    def __missing__(self, request_type: type[object]) -> _Folded:
        folded = self[request_type] = self._fold(request_type)
        return folded


def _wrap(behavior: PipelineBehavior, inner: _Pipeline) -> _Pipeline:
    handle = behavior.handle

    def step(request: Request[Any]) -> Coroutine[Any, Any, Any]:
        return handle(request, partial(inner, request))

    return step


def _source(handler: StreamRequestHandler[Any, Any]) -> _StreamPipeline:
    def step(request: StreamRequest[Any], opened: AsyncExitStack) -> AsyncIterator[Any]:
        return _closed_with(opened, handler.handle(request))

    return step


def _wrap_stream(behavior: PipelineBehavior, inner: _StreamPipeline) -> _StreamPipeline:
    def step(request: StreamRequest[Any], opened: AsyncExitStack) -> AsyncIterator[Any]:
        return _closed_with(opened, behavior.handle_stream(request, partial(inner, request, opened)))

    return step


def _closed_with(opened: AsyncExitStack, stream: AsyncIterator[Item]) -> AsyncIterator[Item]:
    opened.push_async_callback(_close, stream)
    return stream


async def _close(stream: AsyncIterator[Any]) -> None:
    # A behavior may be drawing on a running one from a task of its own; its `finally` ends that task.
    if hasattr(stream, "aclose") and not getattr(stream, "ag_running", False):
        await stream.aclose()


async def _iterate(pipeline: _StreamPipeline, request: StreamRequest[Item]) -> AsyncGenerator[Item, None]:
    # A generator that is merely dropped is closed some time later, by the event loop, in no order.
    # The stack closes them all here, and the innermost first: what it holds is free when the outer ones end.
    async with AsyncExitStack() as opened:
        async for item in pipeline(request, opened):
            yield item
