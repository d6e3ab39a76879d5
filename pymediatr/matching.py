"""Finds, at registration, the handler that was not written for the request it is registered for."""

import inspect
from typing import Any

from pymediatr.declarations import certainly_differs, type_arguments
from pymediatr.handlers import RequestHandler, StreamRequestHandler
from pymediatr.requests import Request, StreamRequest


def named(type_: object) -> str:
    """What a person calls a type or a type expression."""
    return type_.__qualname__ if isinstance(type_, type) else repr(type_)


def mismatch(request_type: type[object], handler: object) -> str | None:
    """Why `handler` cannot answer requests of `request_type`; None if nothing speaks against it."""
    if not isinstance(request_type, type) or not issubclass(request_type, (Request, StreamRequest)):
        return f"{named(request_type)} is no subclass of Request or StreamRequest"
    if isinstance(handler, type):
        return f"register an instance of {named(handler)}, not the class itself"
    base, handler_base = (
        (Request, RequestHandler) if issubclass(request_type, Request) else (StreamRequest, StreamRequestHandler)
    )
    if not isinstance(handler, handler_base):
        return f"{named(request_type)} needs a {handler_base.__name__}, which {named(type(handler))} is not"
    return _mismatched_shape(handler) or _mismatched_types(
        request_type, type_arguments(request_type, base), handler, type_arguments(type(handler), handler_base)
    )


def _mismatched_shape(handler: RequestHandler[Any, Any] | StreamRequestHandler[Any, Any]) -> str | None:
    if isinstance(handler, RequestHandler) and inspect.isasyncgenfunction(handler.handle):
        return f"{named(type(handler))}.handle yields; a RequestHandler returns one result"
    if isinstance(handler, StreamRequestHandler) and inspect.iscoroutinefunction(handler.handle):
        return f"{named(type(handler))}.handle has to yield its items, or be a plain `def` that returns an iterator"
    return None


def _mismatched_types(
    request_type: type[object], wanted: tuple[object, ...], handler: object, declared: tuple[object, ...]
) -> str | None:
    if declared and certainly_differs(request_type, declared[0]):
        return f"{named(type(handler))} handles {named(declared[0])}, not {named(request_type)}"
    if declared and wanted and certainly_differs(declared[1], wanted[0]):
        return (
            f"{named(request_type)} is answered with {named(wanted[0])}, "
            f"but {named(type(handler))} returns {named(declared[1])}"
        )
    return None
