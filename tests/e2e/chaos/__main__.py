"""`python -m tests.e2e.chaos`: a chaos run; the exit code says whether every promise held."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path
from types import FrameType

from tests.e2e.chaos.run import Options, run_chaos


def main() -> int:
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--voyages", type=int, default=defaults.voyages)
    parser.add_argument("--replicas", type=int, default=defaults.replicas)
    parser.add_argument("--seconds", type=float, default=defaults.kill_seconds, help="between two kills of replicas")
    parser.add_argument("--keep-logs", type=Path, help="leave the processes' logs in this new folder")
    arguments = parser.parse_args()
    # However this ends, it ends by the clean-up of everything that it started; and it does end.
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, _end)
    signal.alarm(round(defaults.at_most_seconds + defaults.calm_seconds) + 180)
    options = Options(arguments.seed, arguments.voyages, arguments.replicas, arguments.seconds)
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as scratch:
        report = run_chaos(options, arguments.keep_logs or Path(scratch))
    print("\n".join(report.lines()))
    return 0 if report.held else 1


def _end(number: int, _frame: FrameType | None) -> None:
    sys.exit(f"the chaos run was ended by {signal.Signals(number).name}")


if __name__ == "__main__":
    sys.exit(main())
