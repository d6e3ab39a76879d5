"""Voyages in a SQL database, shared by any number of workers: one conditional statement for each change of hands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    and_,
    case,
    insert,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate

from navigation_service.adapters.database_time import Moment, later, later_of, moment, present
from navigation_service.adapters.event_retention import forget_events
from navigation_service.adapters.tables import ACTIVE, voyage_events, voyages
from navigation_service.adapters.voyage_rows import changed_columns, event_rows, new_row, to_event, to_voyage
from navigation_service.application.ports import VoyageFilter
from navigation_service.domain.errors import LeaseLostError, ShipBusyError
from navigation_service.domain.events import VoyageEvent, VoyageState
from navigation_service.domain.voyage import SEND_WINDOW_SECONDS, Voyage
from service_chassis.database import Database
from shared_kernel.clock import Clock

_ACTIVE_STATES = frozenset(state for state in VoyageState if state.is_active)
_NOBODY = {"owner": null(), "lease_since": null(), "lease_until": null()}
# The holder of a ship may end between a refused insert and the look at who it was.
_ADD_ATTEMPTS = 3


class SqlVoyages:
    """Satisfies VoyageRepository inside the database scope that its caller opened.

    Times are the database's: PostgreSQL tells its own; SQLite has none but this process's `clock`.
    """

    def __init__(self, database: Database, clock: Clock, *, lease_seconds: float) -> None:
        self._database = database
        self._clock = clock
        self._lease_seconds = lease_seconds

    async def now(self) -> datetime:
        moment: datetime = (await self._database.session.execute(select(self._present()))).scalar_one()
        return moment

    async def add(self, voyage: Voyage) -> Voyage:
        # A refused insert would spoil a PostgreSQL transaction; one that does nothing does not.
        statement = (
            self._database.insert(voyages)
            .values(new_row(voyage))
            .on_conflict_do_nothing(index_elements=[voyages.c.universe, voyages.c.ship_symbol], index_where=ACTIVE)
            .returning(voyages.c.voyage_id)
        )
        for _ in range(_ADD_ATTEMPTS):
            if (await self._database.session.execute(statement)).one_or_none() is not None:
                await self._store_events(voyage)
                return replace(voyage.drained(), lease=None, cancel_requested=False)
            if holder := await self.active_of_ship(voyage.universe, voyage.ship_symbol):
                raise _busy(holder)
        raise ShipBusyError(f"{voyage.ship_symbol} changes hands just now; try again")

    async def get(self, voyage_id: str) -> Voyage | None:
        return await self._one(self._select().where(voyages.c.voyage_id == voyage_id))

    async def active_of_ship(self, universe: str, ship_symbol: str) -> Voyage | None:
        named = and_(voyages.c.universe == universe, voyages.c.ship_symbol == ship_symbol)
        return await self._one(self._select().where(named, ACTIVE))

    async def page(self, wanted: VoyageFilter, after: str | None, limit: int) -> Sequence[Voyage]:
        query = self._select().order_by(voyages.c.voyage_id.desc()).limit(limit)
        query = query.where(*_conditions(wanted))
        if after is not None:
            query = query.where(voyages.c.voyage_id < after)
        return [to_voyage(row, row.present) for row in await self._database.session.execute(query)]

    async def events_after(self, voyage_id: str, number: int, limit: int) -> Sequence[VoyageEvent]:
        columns = voyage_events.c
        query = select(voyage_events).where(columns.voyage_id == voyage_id, columns.number > number)
        rows = await self._database.session.execute(query.order_by(columns.number).limit(limit))
        return [to_event(row) for row in rows]

    async def last_event_numbers(self, voyage_ids: Collection[str]) -> Mapping[str, int]:
        columns = voyages.c
        query = select(columns.voyage_id, columns.last_event_number).where(columns.voyage_id.in_(voyage_ids))
        return {row.voyage_id: row.last_event_number for row in await self._database.session.execute(query)}

    async def forget_events(self, voyages: int) -> int:
        return await forget_events(self._database, self._present(), voyages)

    async def claim_due(self, owner: str) -> Voyage | None:
        now = self._present()
        most_urgent = (
            select(voyages.c.voyage_id)
            .where(ACTIVE, voyages.c.due_time <= now)
            .order_by(voyages.c.due_time)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        return await self._leased(now, owner, voyages.c.voyage_id == most_urgent)

    async def claim(self, voyage_id: str, owner: str) -> Voyage | None:
        now, until = self._present(), voyages.c.lease_until
        free = and_(ACTIVE, or_(until.is_(None), until <= now))
        return await self._leased(now, owner, and_(voyages.c.voyage_id == voyage_id, free))

    async def next_due_time(self) -> datetime | None:
        query = select(voyages.c.due_time).where(ACTIVE).order_by(voyages.c.due_time).limit(1)
        due_time: datetime | None = (await self._database.session.execute(query)).scalar_one_or_none()
        return due_time

    async def begin(self, voyage: Voyage, call_seconds: float) -> Voyage | None:
        now, columns = self._present(), voyages.c
        in_time = columns.lease_until > later(now, SEND_WINDOW_SECONDS + call_seconds)
        return await self._stored(voyage, self._kept(voyage, now), in_time, ~columns.cancel_requested)

    async def save(self, voyage: Voyage, *, release: bool = False) -> Voyage:
        now = self._present()
        if not voyage.state.is_active:
            lease: dict[str, Any] = {"due_time": null(), **_NOBODY}
        elif release:
            # Who asked for the cancel while the voyage was held relies on it being heeded now.
            due_time = case((voyages.c.cancel_requested, now), else_=moment(voyage.next_action_time))
            lease = {"due_time": due_time, **_NOBODY}
        else:
            lease = self._kept(voyage, now)
        stored = await self._stored(voyage, lease)
        if stored is None:
            raise LeaseLostError(voyage.voyage_id)
        return stored

    async def renew(self, voyage: Voyage) -> None:
        until = self._lease_end(self._present())
        extended = {"lease_until": until, "due_time": later_of(voyages.c.next_action_time, until)}
        if await self._changed(_held(voyage).values(extended)) is None:
            raise LeaseLostError(voyage.voyage_id)

    async def request_cancel(self, voyage_id: str) -> None:
        now = self._present()
        due_time = case((voyages.c.lease_until > now, voyages.c.due_time), else_=now)
        statement = update(voyages).where(voyages.c.voyage_id == voyage_id, ACTIVE)
        await self._database.session.execute(statement.values(cancel_requested=True, due_time=due_time))

    async def _leased(self, now: Moment, owner: str, which: ColumnElement[bool]) -> Voyage | None:
        until = self._lease_end(now)
        lease = {
            "owner": owner,
            "fence": voyages.c.fence + 1,
            "lease_since": now,
            "lease_until": until,
            "due_time": later_of(voyages.c.next_action_time, until),
        }
        row = await self._changed(update(voyages).where(which).values(lease).returning(*voyages.c))
        return None if row is None else to_voyage(row)

    def _kept(self, voyage: Voyage, now: Moment) -> dict[str, Any]:
        until = self._lease_end(now)
        return {"lease_until": until, "due_time": later_of(moment(voyage.next_action_time), until)}

    async def _stored(self, voyage: Voyage, lease: dict[str, Any], *conditions: ColumnElement[bool]) -> Voyage | None:
        """The voyage as it is once stored with its events; None if its worker may not write it."""
        statement = _held(voyage).where(*conditions).values(changed_columns(voyage) | lease)
        row = await self._changed(statement)
        if row is None:
            return None
        await self._store_events(voyage)
        held = voyage.lease and row.lease_until and replace(voyage.lease, until=row.lease_until)
        return replace(voyage.drained(), lease=held, cancel_requested=row.cancel_requested)

    async def _store_events(self, voyage: Voyage) -> None:
        if rows := event_rows(voyage):
            await self._database.session.execute(insert(voyage_events), rows)

    async def _changed(self, statement: ReturningUpdate[Any]) -> Row[Any] | None:
        row: Row[Any] | None = (await self._database.session.execute(statement)).one_or_none()
        return row

    async def _one(self, query: Select[Any]) -> Voyage | None:
        row = (await self._database.session.execute(query)).one_or_none()
        return None if row is None else to_voyage(row, row.present)

    def _select(self) -> Select[Any]:
        return select(voyages, self._present().label("present"))

    def _present(self) -> Moment:
        return present(self._database.dialect, self._clock)

    def _lease_end(self, now: Moment) -> Moment:
        return later(now, self._lease_seconds)


def _held(voyage: Voyage) -> ReturningUpdate[Any]:
    """An update that does nothing unless this worker's lease, run out or not, is still the last one."""
    fence, owner = (voyage.lease.fence, voyage.lease.owner) if voyage.lease else (-1, "")
    columns = voyages.c
    mine = and_(columns.voyage_id == voyage.voyage_id, columns.fence == fence, columns.owner == owner)
    return update(voyages).where(mine).returning(columns.cancel_requested, columns.lease_until)


def _conditions(wanted: VoyageFilter) -> list[Any]:
    columns, states = voyages.c, frozenset(wanted.states)
    conditions: list[Any] = []
    player_id: ColumnElement[int] = columns.player_id
    agent_symbol: ColumnElement[str] = columns.agent_symbol
    if states and states <= _ACTIVE_STATES:
        conditions.append(ACTIVE)
        # Plain columns would tempt SQLite to an index that lists the ended voyages too.
        player_id, agent_symbol = player_id + 0, agent_symbol + ""
    if states and states != _ACTIVE_STATES:
        conditions.append(columns.state.in_(sorted(state.value for state in states)))
    if wanted.player_id:
        conditions.append(player_id == wanted.player_id)
    if wanted.agent_symbol:
        conditions.append(agent_symbol == wanted.agent_symbol)
    if wanted.ship_symbol:
        conditions.append(columns.ship_symbol == wanted.ship_symbol)
    return conditions


def _busy(holder: Voyage) -> ShipBusyError:
    owner = holder.lease.owner if holder.lease else ""
    return ShipBusyError.held(holder.ship_symbol, voyage_id=holder.voyage_id, owner=owner, since=holder.create_time)
