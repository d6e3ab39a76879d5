"""What is written down of voyages: JSON that other releases can read, and lines in the log."""

import json
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from navigation_service.adapters.voyage_codec import detail_body, to_detail, voyage_body, voyage_fields
from navigation_service.adapters.voyage_log import StructlogVoyageLog
from navigation_service.domain.events import EventDetail, Waiting
from tests.fakes.navigation_voyages import EVERY_DETAIL, START, a_voyage, full_of_facts, telling


def with_unknown_keys(value: Any) -> Any:
    """The same JSON as a later release might write it."""
    if isinstance(value, list):
        return [with_unknown_keys(item) for item in value]
    if isinstance(value, dict):
        return {key: with_unknown_keys(item) for key, item in value.items()} | {"of_a_later_release": 1}
    return value


def test_reads_what_a_later_release_has_written() -> None:
    voyage = full_of_facts(a_voyage())
    body = json.loads(voyage_body(voyage))
    # The metadata of a failure is free to hold anything.
    failure = body.pop("failure")
    later = json.dumps(with_unknown_keys(body) | {"failure": failure})

    assert replace(a_voyage(), **voyage_fields(later)) == replace(a_voyage(), **voyage_fields(voyage_body(voyage)))


def test_reads_what_an_earlier_release_has_written() -> None:
    plain = a_voyage()
    body = json.loads(voyage_body(plain))
    earlier = {name: body[name] for name in ("system_symbol", "stops", "options", "route", "step_index")}

    assert replace(plain, **voyage_fields(json.dumps(earlier))) == plain


@pytest.mark.parametrize("detail", EVERY_DETAIL)
def test_gives_every_kind_of_detail_back(detail: EventDetail) -> None:
    assert to_detail(json.loads(json.dumps(detail_body(detail)))) == detail


def test_the_log_tells_a_voyages_events_in_order_and_failures_louder() -> None:
    voyage = telling(a_voyage(), Waiting(START, "the game is away")).failed(_failure(), START)

    with capture_logs() as lines:
        StructlogVoyageLog().tell(voyage, voyage.pending_events)

    assert [(line["log_level"], line["number"], line["ship"]) for line in lines] == [
        ("info", 1, "ACE-1"),
        ("warning", 2, "ACE-1"),
    ]
    assert {line["voyage_id"] for line in lines} == {voyage.voyage_id}


def _failure() -> Any:
    return full_of_facts(a_voyage()).failure
