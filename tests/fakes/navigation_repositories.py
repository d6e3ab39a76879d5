"""The navigation context's repositories in memory, as strict as SQL: unique index, fences, drained events."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from navigation_service.application.ports import VoyageFilter
from navigation_service.domain.errors import LeaseLostError, ShipBusyError
from navigation_service.domain.events import EVENTS_KEPT, EVENTS_KEPT_FOR, VoyageEvent
from navigation_service.domain.graph import SystemGraph
from navigation_service.domain.ship import Ship, ShipRecord
from navigation_service.domain.voyage import Lease, Voyage
from shared_kernel.clock import Clock
from tests.fakes.navigation_memory import MemoryDatabase, Tables, VoyageRow


class MemoryVoyages:
    """Satisfies VoyageRepository."""

    def __init__(self, database: MemoryDatabase, clock: Clock, *, lease_seconds: float = 10.0) -> None:
        self._database = database
        self._clock = clock
        self._lease = timedelta(seconds=lease_seconds)

    async def now(self) -> datetime:
        await self._database.tables()
        return self._clock.now()

    async def add(self, voyage: Voyage) -> Voyage:
        tables = await self._database.tables(writable=True)
        if voyage.voyage_id in tables.voyages:
            raise AssertionError(f"there is a voyage {voyage.voyage_id} already")
        holder = _active(tables, voyage.universe, voyage.ship_symbol)
        if voyage.state.is_active and holder is not None:
            raise _busy(self._seen(holder))
        stored = replace(voyage, lease=None, cancel_requested=False, pending_events=())
        due_time = voyage.next_action_time if voyage.state.is_active else None
        tables.voyages[voyage.voyage_id] = VoyageRow(stored, 0, due_time)
        _store_events(tables, voyage)
        return stored

    async def get(self, voyage_id: str) -> Voyage | None:
        row = (await self._database.tables()).voyages.get(voyage_id)
        return None if row is None else self._seen(row)

    async def active_of_ship(self, universe: str, ship_symbol: str) -> Voyage | None:
        row = _active(await self._database.tables(), universe, ship_symbol)
        return None if row is None else self._seen(row)

    async def page(self, wanted: VoyageFilter, after: str | None, limit: int) -> Sequence[Voyage]:
        rows = (await self._database.tables()).voyages
        ids = sorted((key for key in rows if after is None or key < after), reverse=True)
        found = [self._seen(rows[key]) for key in ids if _matches(rows[key].voyage, wanted)]
        return found[:limit]

    async def events_after(self, voyage_id: str, number: int, limit: int) -> Sequence[VoyageEvent]:
        events = (await self._database.tables()).events
        numbers = sorted(key[1] for key in events if key[0] == voyage_id and key[1] > number)
        return [events[voyage_id, each] for each in numbers[:limit]]

    async def last_event_numbers(self, voyage_ids: Collection[str]) -> Mapping[str, int]:
        rows = (await self._database.tables()).voyages
        return {key: rows[key].voyage.last_event_number for key in voyage_ids if key in rows}

    async def forget_events(self, voyages: int) -> int:
        tables, now = await self._database.tables(writable=True), self._clock.now()
        old: dict[str, int] = {}
        for key in sorted(tables.voyages):
            voyage = tables.voyages[key].voyage
            last = voyage.last_event_number if voyage.end_time else voyage.last_event_number - EVENTS_KEPT
            kept = voyage.end_time is not None and now < voyage.end_time + EVENTS_KEPT_FOR
            if not kept and any(each[0] == key and each[1] <= last for each in tables.events):
                old[key] = last
        chosen = dict(list(old.items())[:voyages])
        for voyage_id, number in list(tables.events):
            if number <= chosen.get(voyage_id, 0):
                del tables.events[voyage_id, number]
        return len(chosen)

    async def claim_due(self, owner: str) -> Voyage | None:
        tables, now = await self._database.tables(writable=True), self._clock.now()
        due = [row for row in tables.voyages.values() if row.due_time is not None and row.due_time <= now]
        if not due:
            return None
        return self._leased(tables, min(due, key=_due_time), owner)

    async def next_due_time(self) -> datetime | None:
        rows = (await self._database.tables()).voyages.values()
        return min((row.due_time for row in rows if row.due_time is not None), default=None)

    async def begin(self, voyage: Voyage, call_seconds: float) -> Voyage | None:
        tables = await self._database.tables(writable=True)
        row = self._held(tables, voyage)
        if row is None or row.voyage.cancel_requested or row.voyage.lease is None:
            return None
        if row.voyage.lease.until <= self._clock.now() + timedelta(seconds=1 + call_seconds):
            return None
        return self._stored(tables, row, voyage, release=False)

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        tables = await self._database.tables(writable=True)
        row = self._held(tables, voyage)
        if row is None:
            raise LeaseLostError(voyage.voyage_id)
        return self._stored(tables, row, voyage, release=release or not voyage.state.is_active)

    async def renew(self, voyage: Voyage) -> None:
        tables = await self._database.tables(writable=True)
        row = self._held(tables, voyage)
        if row is None:
            raise LeaseLostError(voyage.voyage_id)
        self._stored(tables, row, replace(row.voyage, pending_events=()), release=False)

    async def claim(self, voyage_id: str, owner: str) -> Voyage | None:
        tables = await self._database.tables(writable=True)
        row = tables.voyages.get(voyage_id)
        if row is None or not row.voyage.state.is_active or self._seen(row).lease is not None:
            return None
        return self._leased(tables, row, owner)

    async def request_cancel(self, voyage_id: str) -> None:
        tables, now = await self._database.tables(writable=True), self._clock.now()
        row = tables.voyages.get(voyage_id)
        if row is None or not row.voyage.state.is_active:
            return
        held = self._seen(row).lease is not None
        changed = replace(row.voyage, cancel_requested=True)
        tables.voyages[voyage_id] = replace(row, voyage=changed, due_time=row.due_time if held else now)

    def _seen(self, row: VoyageRow) -> Voyage:
        """The voyage as readers see it: a lease that has run out is nobody's."""
        lease = row.voyage.lease
        expired = lease is not None and lease.until <= self._clock.now()
        return replace(row.voyage, lease=None) if expired else row.voyage

    def _held(self, tables: Tables, voyage: Voyage) -> VoyageRow | None:
        row = tables.voyages.get(voyage.voyage_id)
        if row is None or row.voyage.lease is None or voyage.lease is None:
            return None
        mine = (voyage.lease.fence, voyage.lease.owner) == (row.fence, row.voyage.lease.owner)
        return row if mine else None

    def _leased(self, tables: Tables, row: VoyageRow, owner: str) -> Voyage:
        now, fence = self._clock.now(), row.fence + 1
        voyage = replace(row.voyage, lease=Lease(owner, fence, now, now + self._lease))
        tables.voyages[voyage.voyage_id] = VoyageRow(voyage, fence, _next_due(voyage, now))
        return voyage

    def _stored(self, tables: Tables, row: VoyageRow, voyage: Voyage, *, release: bool) -> Voyage:
        now, cancel = self._clock.now(), row.voyage.cancel_requested
        lease = None if release or row.voyage.lease is None else replace(row.voyage.lease, until=now + self._lease)
        stored = replace(voyage, lease=lease, cancel_requested=cancel, pending_events=())
        tables.voyages[voyage.voyage_id] = VoyageRow(stored, row.fence, _next_due(stored, now))
        _store_events(tables, voyage)
        return stored


class MemoryShips:
    """Satisfies ShipRepository."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, universe: str, ship_symbol: str) -> ShipRecord | None:
        tables = await self._database.tables()
        record = tables.ships.get((universe, ship_symbol))
        return record and self._present(tables, record)

    async def save(self, universe: str, player_id: int, ships: Sequence[Ship], age: timedelta) -> None:
        tables, now = await self._database.tables(writable=True), self._clock.now()
        for ship in ships:
            kept = tables.ships.get((universe, ship.ship_symbol))
            if kept is None or not now - age < kept.observe_time <= now:
                tables.ships[universe, ship.ship_symbol] = ShipRecord(universe, player_id, ship, now - age)

    async def note_list(self, universe: str, player_id: int) -> None:
        tables = await self._database.tables(writable=True)
        tables.ship_lists[universe, player_id] = self._clock.now()

    async def is_listed(self, universe: str, player_id: int) -> bool:
        return (universe, player_id) in (await self._database.tables()).ship_lists

    async def remove_missing(self, universe: str, player_id: int, present: Collection[str], age: timedelta) -> None:
        tables, begun = await self._database.tables(writable=True), self._clock.now() - age
        for key, record in list(tables.ships.items()):
            mine = key[0] == universe and record.player_id == player_id
            if mine and key[1] not in present and record.observe_time <= begun:
                del tables.ships[key]

    async def page(self, universe: str, player_id: int, after: str | None, limit: int) -> Sequence[ShipRecord]:
        tables = await self._database.tables()
        symbols = sorted(
            symbol
            for (place, symbol), record in tables.ships.items()
            if place == universe and record.player_id == player_id and symbol > (after or "")
        )
        return [self._present(tables, tables.ships[universe, symbol]) for symbol in symbols[:limit]]

    async def count(self, universe: str, player_id: int) -> int:
        ships = (await self._database.tables()).ships
        return sum(place == universe and record.player_id == player_id for (place, _), record in ships.items())

    def _present(self, tables: Tables, record: ShipRecord) -> ShipRecord:
        row = _active(tables, record.universe, record.ship.ship_symbol)
        ship = record.ship.after(self._clock.now() - record.observe_time)
        return replace(record, ship=ship, voyage_id=row.voyage.voyage_id if row else "")


class MemoryGraphs:
    """Satisfies SystemGraphRepository."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database

    async def get(self, universe: str, system_symbol: str) -> SystemGraph | None:
        tables = await self._database.tables()
        graph = tables.graphs.get((universe, system_symbol))
        if graph is None:
            return None
        facts = {symbol: sells for (place, symbol), sells in tables.fuel_facts.items() if place == universe}
        waypoints = tuple(replace(w, sells_fuel=facts.get(w.symbol, w.sells_fuel)) for w in graph.waypoints)
        unknown = tuple(symbol for symbol in graph.unknown_fuel_waypoints if symbol not in facts)
        return replace(graph, waypoints=waypoints, unknown_fuel_waypoints=unknown)

    async def save(self, graph: SystemGraph) -> None:
        tables = await self._database.tables(writable=True)
        tables.graphs[graph.universe, graph.system_symbol] = graph

    async def mark_fuel(self, universe: str, waypoint_symbol: str, sells_fuel: bool) -> None:
        tables = await self._database.tables(writable=True)
        tables.fuel_facts[universe, waypoint_symbol] = sells_fuel


def _next_due(voyage: Voyage, now: datetime) -> datetime | None:
    """When somebody may claim it: not while it is held; at once if it was released with a cancel to be heeded."""
    if not voyage.state.is_active:
        return None
    if voyage.lease is not None:
        return max(voyage.next_action_time, voyage.lease.until)
    return now if voyage.cancel_requested else voyage.next_action_time


def _due_time(row: VoyageRow) -> datetime:
    assert row.due_time is not None
    return row.due_time


def _active(tables: Tables, universe: str, ship_symbol: str) -> VoyageRow | None:
    key = (universe, ship_symbol)
    rows = tables.voyages.values()
    found = [r for r in rows if r.voyage.state.is_active and (r.voyage.universe, r.voyage.ship_symbol) == key]
    return found[0] if found else None


def _matches(voyage: Voyage, wanted: VoyageFilter) -> bool:
    return (
        wanted.player_id in (0, voyage.player_id)
        and wanted.agent_symbol in ("", voyage.agent_symbol)
        and wanted.ship_symbol in ("", voyage.ship_symbol)
        and (not wanted.states or voyage.state in wanted.states)
    )


def _store_events(tables: Tables, voyage: Voyage) -> None:
    for event in voyage.pending_events:
        if (voyage.voyage_id, event.number) in tables.events:
            raise AssertionError(f"event {event.number} of {voyage.voyage_id} is stored already")
        tables.events[voyage.voyage_id, event.number] = event


def _busy(holder: Voyage) -> ShipBusyError:
    owner = holder.lease.owner if holder.lease else ""
    return ShipBusyError.held(holder.ship_symbol, voyage_id=holder.voyage_id, owner=owner, since=holder.create_time)
