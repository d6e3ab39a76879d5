"""Compile the kernels before anybody waits for them."""

import numpy as np

from routing_service.domain.errors import NoRouteFoundError
from routing_service.domain.planner import plan_route
from routing_service.domain.prepared import prepare
from routing_service.domain.problem import RouteOptions, ShipProfile, SystemGraph
from shared_kernel.physics import FlightMode


def warm_up_planner() -> None:
    """Seconds where the kernels were never compiled on this machine, a fraction of one otherwise."""
    places = np.array([0, 10, 100], np.int64)
    graph = SystemGraph("", ("A", "B", "C"), places, places, np.array([True, True, False]), b"")
    prepared = prepare(graph)
    plan_route(prepared, ShipProfile(20, 20, 1), RouteOptions(), 0, 1)
    try:
        plan_route(prepared, ShipProfile(20, 20, 1), RouteOptions((FlightMode.CRUISE,)), 0, 2)
    except NoRouteFoundError:
        return
