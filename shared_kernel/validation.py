"""The words in which a request is found malformed: one collector, so that all faults are named at once."""

from collections.abc import Collection, Sequence

from shared_kernel.errors import FieldViolation
from shared_kernel.symbols import AGENT_SYMBOL_RULE, SYMBOL_RULE, are_distinct_symbols, is_agent_symbol, is_symbol

MAX_PAGE_SIZE = 500
MAX_REQUEST_ID_LENGTH = 128


class Violations:
    """Collects field violations; a request's `validate()` returns `found`."""

    def __init__(self) -> None:
        self.found: list[FieldViolation] = []

    def add(self, field: str, description: str) -> None:
        self.found.append(FieldViolation(field, description))

    def symbol(self, field: str, text: str) -> None:
        if not text:
            self.add(field, f"is required: {SYMBOL_RULE}")
        elif not is_symbol(text):
            self.add(field, f"must be {SYMBOL_RULE}")

    def agent_symbol(self, field: str, text: str) -> None:
        if not is_agent_symbol(text):
            self.add(field, f"must be {AGENT_SYMBOL_RULE}")

    def symbols(self, field: str, texts: Sequence[str], *, at_most: int, at_least: int = 1) -> None:
        """Every element a symbol, none twice, and the count in bounds."""
        if not at_least <= len(texts) <= at_most:
            self.add(field, f"must name {at_least} to {at_most}, has {len(texts)}")
            return
        if are_distinct_symbols(texts):
            return
        seen: dict[str, int] = {}
        for index, text in enumerate(texts):
            self.symbol(f"{field}[{index}]", text)
            if text in seen:
                self.add(f"{field}[{index}]", f"repeats {field}[{seen[text]}]; name each once")
            seen.setdefault(text, index)

    def within(self, field: str, value: int | float, low: int | float, high: int | float, unit: str = "") -> None:
        if not low <= value <= high:
            self.add(field, f"must be {_figure(low)} to {_figure(high)}{unit}, is {_figure(value)}")

    def one_of(self, field: str, value: int, allowed: Collection[int]) -> None:
        if value not in allowed:
            self.add(field, f"must be one of {', '.join(map(str, sorted(allowed)))}, is {value}")

    def page(self, page_size: int) -> None:
        if page_size < 0:
            self.add("page_size", f"must be 0 (for the default of 50) to {MAX_PAGE_SIZE}, is {page_size}")

    def request_id(self, text: str) -> None:
        if len(text) > MAX_REQUEST_ID_LENGTH or not text.isprintable():
            self.add("request_id", f"must be at most {MAX_REQUEST_ID_LENGTH} printable characters")


def _figure(number: int | float) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:g}"
