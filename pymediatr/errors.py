"""What can be wrong with a mediator's wiring. Messages name types, never the contents of a request.

MediatorError
├── HandlerNotFoundError    a request was sent for which nothing is registered
├── DuplicateHandlerError   a second handler for one request type
└── HandlerMismatchError    the handler was written for another request, or for another result
"""


class MediatorError(Exception):
    """The mediator is wired wrongly. `request_type` is the type of request in question."""

    def __init__(self, request_type: type[object], message: str) -> None:
        super().__init__(message)
        self.request_type = request_type


class HandlerNotFoundError(MediatorError, LookupError):
    """No handler is registered for exactly this type of request."""


class DuplicateHandlerError(MediatorError, ValueError):
    """This type of request has a handler already."""


class HandlerMismatchError(MediatorError, TypeError):
    """This handler cannot answer this type of request."""
