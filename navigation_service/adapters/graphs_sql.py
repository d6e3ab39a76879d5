"""System graphs in a SQL database, and beside them what is known of where fuel is sold."""

import json
from dataclasses import replace

from sqlalchemy import select

from navigation_service.adapters.tables import fuel_facts, system_graphs
from navigation_service.adapters.voyage_codec import encode
from navigation_service.domain.graph import SystemGraph, Waypoint
from service_chassis.database import Database


class SqlGraphs:
    """Satisfies SystemGraphRepository inside the database scope that its caller opened."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, universe: str, system_symbol: str) -> SystemGraph | None:
        columns = system_graphs.c
        query = select(system_graphs).where(columns.universe == universe, columns.system_symbol == system_symbol)
        row = (await self._database.session.execute(query)).one_or_none()
        if row is None:
            return None
        body = json.loads(row.body)
        waypoints = tuple(Waypoint(*values) for values in body["waypoints"])
        graph = SystemGraph(universe, system_symbol, waypoints, row.fetch_time, tuple(body["unknown"]))
        return await self._with_facts(graph)

    async def save(self, graph: SystemGraph) -> None:
        waypoints = [[w.symbol, w.x, w.y, w.sells_fuel] for w in graph.waypoints]
        row = {
            "universe": graph.universe,
            "system_symbol": graph.system_symbol,
            "fetch_time": graph.fetch_time,
            "body": encode({"waypoints": waypoints, "unknown": list(graph.unknown_fuel_waypoints)}),
        }
        statement = self._database.insert(system_graphs).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[system_graphs.c.universe, system_graphs.c.system_symbol],
            set_={"fetch_time": statement.excluded.fetch_time, "body": statement.excluded.body},
        )
        await self._database.session.execute(statement)

    async def mark_fuel(self, universe: str, waypoint_symbol: str, sells_fuel: bool) -> None:
        row = {"universe": universe, "waypoint_symbol": waypoint_symbol, "sells_fuel": sells_fuel}
        statement = self._database.insert(fuel_facts).values(row)
        statement = statement.on_conflict_do_update(
            index_elements=[fuel_facts.c.universe, fuel_facts.c.waypoint_symbol], set_={"sells_fuel": sells_fuel}
        )
        await self._database.session.execute(statement)

    async def _with_facts(self, graph: SystemGraph) -> SystemGraph:
        symbols = [waypoint.symbol for waypoint in graph.waypoints]
        known = fuel_facts.c.universe == graph.universe, fuel_facts.c.waypoint_symbol.in_(symbols)
        rows = await self._database.session.execute(select(fuel_facts).where(*known))
        facts: dict[str, bool] = {row.waypoint_symbol: row.sells_fuel for row in rows}
        waypoints = tuple(replace(w, sells_fuel=facts.get(w.symbol, w.sells_fuel)) for w in graph.waypoints)
        unknown = tuple(symbol for symbol in graph.unknown_fuel_waypoints if symbol not in facts)
        return replace(graph, waypoints=waypoints, unknown_fuel_waypoints=unknown)
