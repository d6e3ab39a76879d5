"""Databases under test: one interface over a SQLite file and a PostgreSQL database of the test's own."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, func, insert, select

from service_chassis.database import Database
from service_chassis.outcomes_sql import outcomes_table

METADATA = MetaData()
SHIPS = Table("ships", METADATA, Column("symbol", String, primary_key=True))
CARGO = Table(
    "cargo", METADATA, Column("number", Integer, primary_key=True), Column("ship", ForeignKey("ships.symbol"))
)
OUTCOMES = outcomes_table(METADATA)


@dataclass
class Store:
    """A database with the tables above. `take_away` and `give_back` stand for an outage."""

    database: Database
    take_away: Callable[[], None]
    give_back: Callable[[], None]

    async def create_tables(self) -> None:
        async with self.database.engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)

    async def add(self, symbol: str) -> None:
        await self.database.session.execute(insert(SHIPS).values(symbol=symbol))

    async def symbols(self) -> list[str]:
        """What another scope sees."""
        async with self.database.reading():
            return list(await self.database.session.scalars(select(SHIPS.c.symbol).order_by(SHIPS.c.symbol)))

    async def count(self) -> int:
        """What the present scope sees."""
        return int(await self.database.session.scalar(select(func.count()).select_from(SHIPS)) or 0)
