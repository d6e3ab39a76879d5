"""The commands of the README, as they stand there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
_TESTED = re.compile(r"^<!-- tested -->\n```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"^\| `([A-Z_]+)` \|", re.MULTILINE)


def lines_to_run() -> list[str]:
    """Every command of the blocks marked as tested, in order."""
    return [line for block in _TESTED.findall(README) for line in block.splitlines()]


def described_variables() -> list[str]:
    """The environment variables in the table of settings."""
    return _VARIABLE.findall(README)
