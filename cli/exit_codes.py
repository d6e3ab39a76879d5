"""Exit codes, part of the command line's contract with scripts."""

from enum import IntEnum


class ExitCode(IntEnum):
    OK = 0
    INTERNAL = 1
    USAGE = 2
    VOYAGE_FAILED = 3
    VOYAGE_CANCELLED = 4
    REFUSED = 5
    UNREACHABLE = 6
    PROCESS_DIED = 7
    INTERRUPTED = 130
    BROKEN_PIPE = 141


EXIT_CODE_HELP = """\b
Exit codes:
  0    done; for a followed voyage: completed
  1    a defect, here or in a service
  2    wrong usage
  3    the voyage failed
  4    the voyage was cancelled
  5    a service refused the request
  6    a service cannot be reached, or is too busy
  7    a process started by `up` or `demo` died, or could not start
  130  interrupted; a voyage that was followed flies on
"""
