"""What is sent through a mediator: messages that know the type of their answer."""

from typing import TYPE_CHECKING, Any, Generic

# Only a type checker needs the default of PEP 696 (it lets `class Ping(Request)` stand for `Request[Any]`);
# at run time the plain TypeVar does the same work without a dependency.
if TYPE_CHECKING:
    from typing_extensions import TypeVar

    Result_co = TypeVar("Result_co", covariant=True, default=Any)
    Item_co = TypeVar("Item_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    Result_co = TypeVar("Result_co", covariant=True)
    Item_co = TypeVar("Item_co", covariant=True)


class Request(Generic[Result_co]):
    """A message that exactly one handler answers with a `Result_co`. Subclasses are usually frozen dataclasses."""

    __slots__ = ()


class Command(Request[Result_co]):
    """A request that changes something."""

    __slots__ = ()


class Query(Request[Result_co]):
    """A request that changes nothing."""

    __slots__ = ()


class StreamRequest(Generic[Item_co]):
    """A message that exactly one handler answers with any number of `Item_co`, over time."""

    __slots__ = ()
