"""What every request passes on its way to its handler."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

from pymediatr.requests import Item_co, Request, Result_co, StreamRequest

NextHandler: TypeAlias = Callable[[], Awaitable[Result_co]]
"""The rest of the pipeline. May be called any number of times: not at all (short cut), once, or again (retry)."""

NextStream: TypeAlias = Callable[[], AsyncIterator[Item_co]]
"""Opens the rest of a stream's pipeline. May be called any number of times."""


class PipelineBehavior(ABC):
    """A concern that holds for many requests: logging, validation, transactions.

    The behavior that was added first is the outermost: it starts first and ends last.
    """

    @abstractmethod
    async def handle(self, request: Request[Result_co], next_handler: NextHandler[Result_co]) -> Result_co:
        """Usually `return await next_handler()`, with something before, after or around it."""

    def handle_stream(
        self, request: StreamRequest[Item_co], next_stream: NextStream[Item_co]
    ) -> AsyncIterator[Item_co]:
        """Wraps the iteration of a stream request. This default passes it through.

        Usually written as an async generator. The mediator closes every stream that `next_stream` opened,
        the innermost first, when the consumer stops; one that is given up earlier needs `contextlib.aclosing`.
        """
        return next_stream()

    def applies_to(self, request_type: type[object]) -> bool:
        """Whether requests of this type pass this behavior at all. Asked once per type, not once per request."""
        return True
