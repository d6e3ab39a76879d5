"""What the environment says beyond the options' own variables; the only place that reads or changes it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

_QUIET = "NONE"


@dataclass(frozen=True)
class Settings:
    """`environment` is what child processes inherit. `debug`: let defects end in a traceback."""

    environment: Mapping[str, str]
    output: str
    debug: bool
    game_api_url: str

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
        )


def quieten_grpc() -> None:
    """gRPC's own log lines would run into the progress display; what matters comes back as an error."""
    os.environ.setdefault("GRPC_VERBOSITY", _QUIET)
