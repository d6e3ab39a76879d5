"""Ships as they were last seen, in a SQL database."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, delete, func, or_, select

from navigation_service.adapters.database_time import Moment, later, present
from navigation_service.adapters.tables import (
    ACTIVE,
    from_microseconds,
    ship_lists,
    ships,
    to_microseconds,
    voyages,
)
from navigation_service.adapters.voyage_codec import encode
from navigation_service.domain.ship import NavStatus, Ship, ShipRecord
from service_chassis.database import Database
from shared_kernel.clock import Clock
from shared_kernel.physics import FlightMode

_PLAIN = (
    "ship_symbol",
    "system_symbol",
    "waypoint_symbol",
    "fuel",
    "fuel_capacity",
    "engine_speed",
    "origin_waypoint_symbol",
    "role",
    "frame",
)
_TIMES = ("departure_time", "arrival_time")
_MICROSECOND = timedelta(microseconds=1)


class SqlShips:
    """Satisfies ShipRepository inside the database scope that its caller opened."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, universe: str, ship_symbol: str) -> ShipRecord | None:
        query = self._select().where(ships.c.universe == universe, ships.c.ship_symbol == ship_symbol)
        row = (await self._database.session.execute(query)).one_or_none()
        return None if row is None else _to_record(row)

    async def save(self, universe: str, player_id: int, ships_seen: Sequence[Ship], age: timedelta) -> None:
        # Always in the same order, so that two replicas which save the same ships never wait for each other.
        rows = [
            {
                "universe": universe,
                "ship_symbol": ship.ship_symbol,
                "player_id": player_id,
                "body": _body(ship),
            }
            for ship in sorted(ships_seen, key=lambda ship: ship.ship_symbol)
        ]
        if not rows:
            return
        now = self._present()
        statement = self._database.insert(ships).values(observe_time=later(now, -age.total_seconds()))
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=[ships.c.universe, ships.c.ship_symbol],
            set_={"player_id": new.player_id, "observe_time": new.observe_time, "body": new.body},
            # What is dated after the present comes from a clock that was wrong.
            where=or_(ships.c.observe_time <= new.observe_time, ships.c.observe_time > now),
        )
        await self._database.session.execute(statement, rows)

    async def note_list(self, universe: str, player_id: int) -> None:
        row = {"universe": universe, "player_id": player_id, "read_time": self._present()}
        statement = self._database.insert(ship_lists).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[ship_lists.c.universe, ship_lists.c.player_id],
            set_={"read_time": statement.excluded.read_time},
        )
        await self._database.session.execute(statement)

    async def is_listed(self, universe: str, player_id: int) -> bool:
        columns = ship_lists.c
        query = select(columns.player_id).where(columns.universe == universe, columns.player_id == player_id)
        return (await self._database.session.execute(query)).one_or_none() is not None

    async def remove_missing(self, universe: str, player_id: int, present: Collection[str], age: timedelta) -> None:
        begun = later(self._present(), -age.total_seconds())
        mine = and_(_of_player(universe, player_id), ships.c.observe_time <= begun)
        kept = await self._database.session.execute(select(ships.c.ship_symbol).where(mine))
        if gone := set(kept.scalars()) - set(present):
            await self._database.session.execute(delete(ships).where(mine, ships.c.ship_symbol.in_(gone)))

    async def page(self, universe: str, player_id: int, after: str | None, limit: int) -> Sequence[ShipRecord]:
        query = self._select().where(_of_player(universe, player_id), ships.c.ship_symbol > (after or ""))
        rows = await self._database.session.execute(query.order_by(ships.c.ship_symbol).limit(limit))
        return [_to_record(row) for row in rows]

    async def count(self, universe: str, player_id: int) -> int:
        query = select(func.count()).select_from(ships).where(_of_player(universe, player_id))
        number: int = (await self._database.session.execute(query)).scalar_one()
        return number

    def _select(self) -> Select[Any]:
        """The ships beside the active voyages that hold them."""
        holds = and_(voyages.c.universe == ships.c.universe, voyages.c.ship_symbol == ships.c.ship_symbol, ACTIVE)
        columns = select(ships, voyages.c.voyage_id, self._present().label("present"))
        return columns.outerjoin_from(ships, voyages, holds)

    def _present(self) -> Moment:
        return present(self._database.dialect, self._clock)


def _of_player(universe: str, player_id: int) -> ColumnElement[bool]:
    return and_(ships.c.universe == universe, ships.c.player_id == player_id)


def _body(ship: Ship) -> str:
    body = {name: getattr(ship, name) for name in _PLAIN}
    body |= {"nav_status": ship.nav_status.value, "flight_mode": ship.flight_mode.value}
    body |= {"arrival_in": ship.arrival_in // _MICROSECOND} if ship.in_transit else {}
    times = {name: getattr(ship, name) for name in _TIMES}
    return encode(body | {name: to_microseconds(time) for name, time in times.items() if time is not None})


def _to_record(row: Row[Any]) -> ShipRecord:
    body = json.loads(row.body)
    fields = {name: body[name] for name in _PLAIN if name in body}
    fields |= {name: from_microseconds(body[name]) for name in _TIMES if name in body}
    ship = Ship(nav_status=NavStatus(body["nav_status"]), flight_mode=FlightMode(body["flight_mode"]), **fields)
    if "arrival_in" in body:
        # Rows of earlier releases do not say.
        seen = replace(ship, arrival_in=body["arrival_in"] * _MICROSECOND)
        ship = seen.after(row.present - row.observe_time)
    return ShipRecord(row.universe, row.player_id, ship, row.observe_time, row.voyage_id or "")
