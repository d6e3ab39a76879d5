"""Log lines: one per event, with the call's id, without anything that must stay secret."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from service_chassis.call_context import entered
from service_chassis.telemetry import configure_logging


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    handlers, level = logging.root.handlers[:], logging.root.level
    yield
    logging.root.handlers[:], logging.root.level = handlers, level
    structlog.reset_defaults()


def written(fmt: str, level: str = "INFO") -> io.StringIO:
    stream = io.StringIO()
    configure_logging(level, fmt, "player_service", stream)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def fail_with_a_secret_at_hand() -> None:
    token = "-".join(("TOKEN", "SECRET"))
    raise ValueError(f"cannot use {len(token)} letters")


@pytest.mark.parametrize("fmt", ["json", "console"])
@pytest.mark.parametrize("logger", ["ours", "a library's"])
def test_a_traceback_shows_where_but_no_local_variable(fmt: str, logger: str) -> None:
    stream = written(fmt)
    try:
        fail_with_a_secret_at_hand()
    except ValueError:
        if logger == "ours":
            structlog.get_logger().exception("failed")
        else:
            logging.getLogger("library").exception("failed")

    assert "cannot use 12 letters" in stream.getvalue()
    assert "fail_with_a_secret_at_hand" in stream.getvalue()
    assert "TOKEN-SECRET" not in stream.getvalue()


def test_a_file_gets_no_colours() -> None:
    stream = written("console")
    structlog.get_logger().warning("trouble")

    assert "trouble" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_json_is_one_object_a_line_with_service_level_and_time() -> None:
    stream = written("json")
    structlog.get_logger().info("serving", port=50051, text="two\nlines")

    line = lines(stream)[0]
    assert (line["event"], line["service"], line["level"], line["port"]) == ("serving", "player_service", "info", 50051)
    assert line["text"] == "two\nlines"
    assert line["timestamp"].endswith("Z")


def test_lines_within_a_call_carry_its_id() -> None:
    stream = written("json")
    with entered("call-7", None):
        structlog.get_logger().info("inside")
        logging.getLogger("library").warning("inside too")
    structlog.get_logger().info("outside")

    assert [line.get("request_id") for line in lines(stream)] == ["call-7", "call-7", None]


def test_the_level_holds_back_what_is_below_it() -> None:
    stream = written("json", "warning")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")

    assert [line["event"] for line in lines(stream)] == ["loud"]


def test_libraries_speak_up_only_from_warnings_on() -> None:
    stream = written("json", "debug")
    logging.getLogger("library").info("chatter")
    logging.getLogger("library").warning("trouble with %s", "this")

    assert [line["event"] for line in lines(stream)] == ["trouble with this"]
