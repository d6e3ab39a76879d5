"""A system's waypoints, as seen from one of them."""

from collections.abc import Iterator
from math import dist

from rich.console import RenderableType

from cli.render.tables import table
from cli.render.text import NOTHING, counted, plain
from protos.navigation.v1.navigation_service_pb2 import GetSystemGraphResponse
from protos.routing.v1.routing_pb2 import Waypoint


def waypoint_table(response: GetSystemGraphResponse, origin: str) -> Iterator[RenderableType]:
    """The nearest first. A market that was not asked yet is taken to sell fuel: `probably`."""
    waypoints, unknown = response.graph.waypoints, set(response.unknown_fuel_waypoints)
    here = next((waypoint for waypoint in waypoints if waypoint.symbol == origin), Waypoint())

    def distance(waypoint: Waypoint) -> float:
        return dist((here.x, here.y), (waypoint.x, waypoint.y))

    def fuel(waypoint: Waypoint) -> str:
        sold = "yes" if waypoint.sells_fuel else NOTHING
        return "probably" if waypoint.symbol in unknown else sold

    yield table(
        ("WAYPOINT", f"FROM {plain(origin)}", "SELLS FUEL", "X", "Y"),
        [
            (plain(each.symbol), f"{distance(each):.1f}", fuel(each), str(each.x), str(each.y))
            for each in sorted(waypoints, key=lambda each: (distance(each), each.symbol))
        ],
        right=(f"FROM {plain(origin)}", "X", "Y"),
    )
    stations = sum(waypoint.sells_fuel for waypoint in waypoints)
    yield f"{counted(len(waypoints), 'waypoint')} in {plain(response.graph.system_symbol)}, {stations} sell fuel."
