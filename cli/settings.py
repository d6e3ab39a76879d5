"""What the environment says beyond the options' own variables; the only place that reads or changes it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_QUIET = "NONE"
_DRAIN_SECONDS = 5.0
_PRECIOUS = ("DATABASE_URL", "TOKEN_ENCRYPTION_KEYS")


@dataclass(frozen=True)
class Settings:
    """`environment` is what child processes inherit. `debug`: let defects end in a traceback.

    `drain_seconds` is what the services take to finish what they have in hand.
    """

    environment: Mapping[str, str]
    output: str
    debug: bool
    game_api_url: str
    drain_seconds: float

    @classmethod
    def from_env(cls) -> Self:
        values = dict(os.environ)
        if values.get("GRPC_VERBOSITY") == _QUIET:
            del values["GRPC_VERBOSITY"]
        return cls(
            environment=values,
            output=values.get("SPACETRADERS_OUTPUT", ""),
            debug=bool(values.get("SPACETRADERS_DEBUG")),
            game_api_url=values.get("GAME_API_URL", ""),
            drain_seconds=_seconds(values.get("DRAIN_SECONDS", "")),
        )

    @property
    def has_database(self) -> bool:
        return bool(self.environment.get("DATABASE_URL"))

    @property
    def throwaway_environment(self) -> dict[str, str]:
        """For children that must not touch what the user keeps elsewhere."""
        return {name: value for name, value in self.environment.items() if name not in _PRECIOUS}


def quieten_grpc() -> None:
    """gRPC's own log lines would run into the progress display; what matters comes back as an error."""
    os.environ.setdefault("GRPC_VERBOSITY", _QUIET)


def _seconds(text: str) -> float:
    """The services' default for what is no number: they say themselves what is wrong with it."""
    try:
        return float(text)
    except ValueError:
        return _DRAIN_SECONDS
