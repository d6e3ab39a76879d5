"""A small typed mediator: requests in, results or streams out, behaviors around.

Depends on the standard library alone, and on nothing else of this repository. See the README beside this file.
"""

from pymediatr.behaviors import NextHandler, NextStream, PipelineBehavior
from pymediatr.errors import DuplicateHandlerError, HandlerMismatchError, HandlerNotFoundError, MediatorError
from pymediatr.handlers import RequestHandler, StreamRequestHandler
from pymediatr.mediator import Mediator
from pymediatr.requests import Command, Query, Request, StreamRequest

__all__ = [
    "Command",
    "DuplicateHandlerError",
    "HandlerMismatchError",
    "HandlerNotFoundError",
    "Mediator",
    "MediatorError",
    "NextHandler",
    "NextStream",
    "PipelineBehavior",
    "Query",
    "Request",
    "RequestHandler",
    "StreamRequest",
    "StreamRequestHandler",
]
