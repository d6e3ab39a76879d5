"""The collector names every fault at once, with its path and its remedy."""

from math import inf, nan

import pytest

from shared_kernel.errors import FieldViolation, InvalidInput
from shared_kernel.validation import Violations


def _found(*, field: str, description: str, collected: Violations) -> None:
    assert [FieldViolation(field, description)] == collected.found


def test_a_missing_symbol_is_told_from_a_malformed_one() -> None:
    violations = Violations()
    violations.symbol("origin", "")
    violations.symbol("destination", "x y")

    assert [violation.description for violation in violations.found] == [
        "is required: 1 to 64 characters of A-Z, 0-9, '-' and '_'",
        "must be 1 to 64 characters of A-Z, 0-9, '-' and '_'",
    ]


def test_every_bad_element_of_a_list_is_named_by_its_path() -> None:
    violations = Violations()
    violations.symbols("stops", ["A", "b", "A", ""], at_most=5)

    assert [violation.field for violation in violations.found] == ["stops[1]", "stops[2]", "stops[3]"]


@pytest.mark.parametrize("stops", [[], ["A"] * 3])
def test_a_list_of_the_wrong_length_is_one_fault(stops: list[str]) -> None:
    violations = Violations()
    violations.symbols("stops", stops, at_most=2)

    _found(field="stops", description=f"must name 1 to 2, has {len(stops)}", collected=violations)


def test_figures_are_told_in_full() -> None:
    violations = Violations()
    violations.within("x", 1_000_001, -1_000_000, 1_000_000)

    _found(field="x", description="must be -1,000,000 to 1,000,000, is 1,000,001", collected=violations)


@pytest.mark.parametrize("value", [nan, inf, -inf])
def test_what_is_no_figure_is_out_of_every_bound(value: float) -> None:
    violations = Violations()
    violations.within("share", value, 0.0, 1.0)

    assert [violation.field for violation in violations.found] == ["share"]


def test_bounds_belong_to_the_range() -> None:
    violations = Violations()
    violations.within("fuel", 0, 0, 400)
    violations.within("fuel", 400, 0, 400)

    assert violations.found == []


def test_an_unknown_enum_number_is_named() -> None:
    violations = Violations()
    violations.one_of("flight_mode", 99, {1, 2})

    _found(field="flight_mode", description="must be one of 1, 2, is 99", collected=violations)


@pytest.mark.parametrize("request_id", ["x" * 129, "a\nb"])
def test_a_request_id_must_fit_and_print(request_id: str) -> None:
    violations = Violations()
    violations.request_id(request_id)

    assert [violation.field for violation in violations.found] == ["request_id"]


def test_a_negative_page_size_is_refused_and_a_large_one_is_not() -> None:
    violations = Violations()
    violations.page(-1)
    violations.page(10_000)

    assert [violation.field for violation in violations.found] == ["page_size"]


def test_the_error_lists_the_first_faults_in_its_message() -> None:
    error = InvalidInput([FieldViolation(f"stops[{index}]", "repeats") for index in range(12)])

    assert "stops[9]: repeats" in error.message
    assert "stops[10]" not in error.message
    assert len(error.violations) == 12
