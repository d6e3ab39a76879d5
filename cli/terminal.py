"""Where a command's words go: answers to standard output, everything else to standard error."""

import json
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from cli.errors import CliError
from cli.options import OutputFormat

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from rich.console import Console, RenderableType

MessageT = TypeVar("MessageT", bound="Message")

# A pipe has no width of its own; tables that go into one are not to be folded.
_PIPE_WIDTH = 240


class OutputClosed(Exception):  # noqa: N818 - an end, not an error
    """The reader of standard output went away."""


class Terminal:
    """One command's output, as tables or as JSON. rich is imported when the first table is drawn."""

    def __init__(self, output: OutputFormat | None) -> None:
        self.is_json = output is OutputFormat.JSON

    @cached_property
    def console(self) -> "Console":
        from rich.console import Console

        class PipeConsole(Console):
            def on_broken_pipe(self) -> None:
                raise OutputClosed

        width = None if sys.stdout.isatty() else _PIPE_WIDTH
        return PipeConsole(width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)

    @property
    def is_live(self) -> bool:
        """Whether a moving display makes sense: tables, on a terminal that can redraw a line."""
        return not self.is_json and self.console.is_terminal and not self.console.is_dumb_terminal

    def answer(self, response: MessageT, draw: "Callable[[MessageT], Iterable[RenderableType]]") -> None:
        """The response as JSON, or as `draw` shows it to people."""
        if self.is_json:
            print(_to_json(as_json(response), sys.stdout, indent=2))
        else:
            self.draw(draw(response))

    def line(self, message: "Message") -> None:
        """One message as one line of JSON, at once, for streams."""
        self.json_line(as_json(message))

    def json_line(self, value: dict[str, Any]) -> None:
        print(_to_json(value, sys.stdout), flush=True)

    def draw(self, parts: "Iterable[RenderableType]") -> None:
        for part in parts:
            self.console.print(part, crop=False)

    def say(self, text: str) -> None:
        """A line of an answer that is only for people."""
        if not self.is_json:
            print(text, flush=True)

    def notice(self, text: str) -> None:
        """Something to know while waiting; scripts that read JSON are spared it."""
        if not self.is_json:
            print(_harmless(text), file=sys.stderr, flush=True)

    def error(self, error: CliError) -> None:
        text = _to_json(error.as_json(), sys.stderr) if self.is_json else _harmless(error.as_text())
        with suppress(BrokenPipeError):
            print(text, file=sys.stderr, flush=True)


def has_every_character(encoding: str | None) -> bool:
    """Of other encodings, what they lack is written as a question mark."""
    return (encoding or "utf-8").lower().startswith("utf")


def _to_json(value: dict[str, Any], stream: TextIO, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=not has_every_character(stream.encoding), indent=indent)


def _harmless(text: str) -> str:
    """Foreign text, in which only line ends are obeyed by the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def as_json(message: "Message") -> dict[str, Any]:
    """Protobuf's JSON form with the protos' field names; unset scalars and lists are there with their defaults."""
    from google.protobuf.json_format import MessageToDict

    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
