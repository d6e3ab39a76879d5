"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final

DEFAULT_ACCOUNT_TOKEN: Final = "sandbox-account"  # noqa: S105  (the documented default of an offline server)

LARGEST_SEED: Final = 2**53


@dataclass(frozen=True)
class SandboxConfig:
    """One server's settings.

    `seed` None means 1 for fresh state and the stored one otherwise; `faults` maps fault name -> probability;
    `ships` is the number of extra ships of every new agent.
    """

    time_scale: Fraction = Fraction(60)
    seed: int | None = None
    account_token: str = DEFAULT_ACCOUNT_TOKEN
    ships: int = 0
    rate_limit: bool = True
    faults: Mapping[str, float] = field(default_factory=dict)
    data_dir: Path | None = None
