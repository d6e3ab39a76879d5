"""Secrets that do not print."""

import re
from typing import ClassVar, NoReturn

from shared_kernel.errors import InvalidInput

MAX_LENGTH = 4096
SECRET_RULE = f"1 to {MAX_LENGTH} printable ASCII characters without spaces, as the game shows it (without 'Bearer')"
_SECRET = re.compile(rf"[!-~]{{1,{MAX_LENGTH}}}\Z")


def is_secret(text: str) -> bool:
    """Whether `text` can be sent as a bearer token at all; whether the game accepts it is the game's to say."""
    return _SECRET.match(text) is not None


class Secret:
    """A bearer token. Only `reveal()` gives it away: it prints as asterisks and cannot be pickled or copied out."""

    __slots__ = ("_value",)
    field: ClassVar[str] = "secret"

    def __init__(self, value: str) -> None:
        if not is_secret(value):
            raise InvalidInput.of(self.field, f"must be {SECRET_RULE}")
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((type(self), self._value))

    def __reduce_ex__(self, _protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is a secret and cannot be pickled or copied")


class AgentToken(Secret):
    """What the game asks for with every call of one agent."""

    __slots__ = ()
    field = "token"


class AccountToken(Secret):
    """What the game asks for to enlist a new agent. It is used once and never kept."""

    __slots__ = ()
    field = "new_agent.account_token"
