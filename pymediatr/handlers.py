"""What answers a request."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

from pymediatr.requests import Request, StreamRequest

Request_contra = TypeVar("Request_contra", bound=Request[Any], contravariant=True)
StreamRequest_contra = TypeVar("StreamRequest_contra", bound=StreamRequest[Any], contravariant=True)
Answer_co = TypeVar("Answer_co", covariant=True)
Element_co = TypeVar("Element_co", covariant=True)


class RequestHandler(ABC, Generic[Request_contra, Answer_co]):
    """Answers one type of request. It gets what it needs in its constructor."""

    @abstractmethod
    async def handle(self, request: Request_contra) -> Answer_co:
        """The answer to `request`."""


class StreamRequestHandler(ABC, Generic[StreamRequest_contra, Element_co]):
    """Answers one type of stream request."""

    @abstractmethod
    def handle(self, request: StreamRequest_contra) -> AsyncIterator[Element_co]:
        """The items of the answer. Usually an async generator, whose `finally` runs when the consumer leaves."""
