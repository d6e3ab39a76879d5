"""Lists of the game, page by page, as far as they can be read: one bad page takes no other with it."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from navigation_service.adapters.game_http import Answer
from navigation_service.adapters.game_reading import Json, as_object, as_objects, as_text, as_whole, server_now
from navigation_service.adapters.game_refusals import PageBrokenError
from navigation_service.domain.errors import GameUnavailableError

LARGEST_PAGE = 20
_SMALLER = {20: 10, 10: 5, 5: 1}
_MAX_PAGES = 1_000
# So many pages that break, and none that can be read: then it is not the pages.
_FAILURES_OF_A_BROKEN_GAME = 7


@dataclass(frozen=True)
class Item:
    """One element of a list, and the game's time when it was read."""

    body: Json
    now: datetime


@dataclass(frozen=True)
class Page:
    items: Sequence[Item]
    total: int | None

    @classmethod
    def of(cls, answer: Answer) -> "Page":
        body, now = as_object(answer.body), server_now(answer)
        items = [Item(item, now) for item in as_objects(body.get("data"))]
        return cls(items, as_whole(as_object(body.get("meta")).get("total")))


class ReadPage(Protocol):
    """Reads page `number` (from 1) of `size` items; persistently where a failure would be the end of the list.

    Raises PageBrokenError if the game answers, but not with that page.
    """

    def __call__(self, number: int, size: int, *, persistent: bool) -> Awaitable[Page]: ...


@dataclass
class Listing:
    """What could be read, in order, each symbol once. `total` is None where the game does not tell."""

    items: dict[str, Item] = field(default_factory=dict)
    total: int | None = None
    lost: int = 0
    """Items known to be on pages that could not be read."""

    @property
    def missing(self) -> int:
        """How many items there are beside those that could be read."""
        return self.lost if self.total is None else max(0, self.total - len(self.items))


async def read_list(read_page: ReadPage) -> Listing:
    """Raises GameUnavailableError if no page can be read, and whatever else `read_page` raises."""
    reader = _Reader(read_page)
    await reader.read()
    return reader.listing


class _Reader:
    def __init__(self, read_page: ReadPage) -> None:
        self.listing = Listing()
        self._read_page = read_page
        self._failures = 0
        self._successes = 0

    async def read(self) -> None:
        """Until the total is reached or, where the game tells none, a page is short or brings nothing new."""
        size, listing = LARGEST_PAGE, self.listing
        for number in range(1, _MAX_PAGES + 1):
            successes = self._successes
            page = await self._page(number, size, persistent=True)
            if page is None:
                await self._split((number - 1) * size, size)
                ended = listing.total is None and self._successes == successes
            else:
                # Some servers have a page size of their own, whatever they are asked for.
                adapts = number == 1 and len(page.items) < size
                ended = not self._take(page) or (listing.total is None and not adapts and len(page.items) < size)
                size = len(page.items) if adapts else size
            if ended or (listing.total is not None and len(listing.items) + listing.lost >= listing.total):
                return

    async def _split(self, offset: int, size: int) -> None:
        """Read what a broken page should have held in smaller pages, down to single items."""
        smaller = _SMALLER.get(size)
        if smaller is None:
            self._lose(offset, size)
            return
        broken: list[int] = []
        for start in range(offset, offset + size, smaller):
            if self.listing.total is not None and start >= self.listing.total:
                break
            page = await self._page(start // smaller + 1, smaller, persistent=False)
            if page is None:
                broken.append(start)
            elif len(page.items) > smaller:
                # The page size is not ours to choose: smaller pages are no way in.
                self._lose(offset, size)
                return
            elif not self._take(page):
                break
        for start in broken:
            await self._split(start, smaller)

    def _lose(self, offset: int, size: int) -> None:
        total = self.listing.total
        self.listing.lost += size if total is None else max(0, min(size, total - offset))

    async def _page(self, number: int, size: int, *, persistent: bool) -> Page | None:
        """None if this page is broken."""
        try:
            page = await self._read_page(number, size, persistent=persistent)
        except GameUnavailableError as error:
            self._failures += 1
            hopeless = not self._successes and self._failures >= _FAILURES_OF_A_BROKEN_GAME
            if hopeless or (persistent and not isinstance(error, PageBrokenError)):
                raise
            return None
        self._successes += 1
        return page

    def _take(self, page: Page) -> bool:
        """Whether the page had anything new."""
        known = len(self.listing.items)
        self.listing.total = page.total if page.total is not None else self.listing.total
        named = {as_text(item.body.get("symbol")): item for item in page.items}
        self.listing.items |= {symbol: item for symbol, item in named.items() if symbol}
        return len(self.listing.items) > known
