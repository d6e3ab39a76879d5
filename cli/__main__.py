"""Entry point of `spacetraders`: runs a command and turns every end into an exit code, never into a traceback."""

import errno
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from itertools import zip_longest

import typer

from cli.app import app
from cli.errors import CliError, wrong_usage
from cli.exit_codes import ExitCode
from cli.options import OutputFormat
from cli.settings import Settings, quieten_grpc
from cli.terminal import OutputClosed, Terminal

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; `argv` without the program's name. Returns the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _prepare_streams()
    settings = Settings.from_env()
    quieten_grpc()
    terminal = Terminal(_wanted_output(arguments, settings.output))
    try:
        return _run(arguments, terminal)
    except CliError as error:
        terminal.error(error)
        return error.exit_code
    except (BrokenPipeError, OutputClosed):
        _abandon_stdout()
        return ExitCode.BROKEN_PIPE
    except SystemExit as end:
        # typer's own answer to a closed pipe is exit code 1, which is a defect's here.
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        _abandon_stdout()
        return ExitCode.BROKEN_PIPE
    except (KeyboardInterrupt, typer.Abort):
        return ExitCode.INTERRUPTED
    except Exception as error:
        if settings.debug:
            raise
        terminal.error(_defect(error))
        return ExitCode.INTERNAL


def _run(arguments: Sequence[str], terminal: Terminal) -> int:
    _refuse_undecodable(arguments)
    try:
        code = app(arguments, prog_name="spacetraders", standalone_mode=False)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _abandon_stdout()
        raise wrong_usage(f"the answer cannot be written: {error.strerror}", "make room, or write elsewhere") from error
    except typer.TyperException as error:
        # typer passes on what pydantic says to programmers.
        error.message = error.message.replace("Value error, ", "").replace("Input should be ", "must be ")
        if terminal.is_json:
            raise wrong_usage(error.format_message() or "no command given", "see `--help`") from error
        getattr(error, "show")()  # noqa: B009 - usage errors have it, though their public parent does not say so
        return error.exit_code
    return code if isinstance(code, int) else ExitCode.OK


def _refuse_undecodable(arguments: Sequence[str]) -> None:
    for number, argument in enumerate(arguments, start=1):
        try:
            argument.encode()
        except UnicodeEncodeError:
            raise wrong_usage(f"argument {number} is not valid text", "write it in UTF-8") from None


def _wanted_output(arguments: Sequence[str], wanted: str) -> OutputFormat:
    """The format for errors, which may come before the options are read. `wanted` is the environment's."""
    for option, value in zip_longest(arguments, arguments[1:], fillvalue=""):
        if option in ("--output", "-o"):
            wanted = value
        elif option.startswith("--output="):
            wanted = option.partition("=")[2]
        elif option.startswith("-o"):
            wanted = option[2:]
    return OutputFormat.JSON if wanted.lower() == OutputFormat.JSON else OutputFormat.TABLE


def _prepare_streams() -> None:
    """What was closed when we began is there, and loses what is written; a character that the terminal's encoding lacks
    is a question mark, and no error.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - open to the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


def _abandon_stdout() -> None:
    """Nobody reads any more: what is still buffered must not raise again when Python exits."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _defect(error: Exception) -> CliError:
    return CliError(
        ExitCode.INTERNAL,
        f"unexpected {type(error).__name__}: {error}",
        "this is a defect of the command line; set SPACETRADERS_DEBUG=1 to see where it comes from",
        code="INTERNAL",
    )


if __name__ == "__main__":
    sys.exit(main())
