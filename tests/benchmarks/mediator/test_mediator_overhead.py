"""The benchmark runs, and a send stays within its target. The peers are left to `make bench`."""

import pytest

from tests.benchmarks.mediator.__main__ import TARGETS, shortcomings, table
from tests.benchmarks.mediator.contenders import pymediatr
from tests.benchmarks.mediator.measure import measure


async def test_a_send_costs_no_more_than_its_target() -> None:
    ratios, _ = await measure({"pymediatr": pymediatr}, rounds=15, sends=1_000)

    assert shortcomings(ratios) == []


def test_a_peer_that_is_not_installed_is_named_in_the_table() -> None:
    assert "| kerux | not installed | not installed | not installed |" in table({"pymediatr": TARGETS})


@pytest.mark.parametrize(
    ("ours", "peer", "shortcoming"),
    [
        ((2.6, 6.0, 12.0), (7.0, 11.0, 22.0), "with 0 behaviors: 2.6 times a direct call, the target is 2.5"),
        ((2.0, 5.0, 11.0), (7.0, 4.0, 22.0), "with 1 behaviors: 5.0 times a direct call, a peer needs 4.0"),
    ],
)
def test_names_what_falls_short(ours: tuple[float, ...], peer: tuple[float, ...], shortcoming: str) -> None:
    assert shortcomings({"pymediatr": ours, "peer": peer}) == [shortcoming]
