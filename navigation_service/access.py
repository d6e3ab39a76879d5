"""Who may call what, by the role in the caller's certificate. What is not here is refused, as soon as TLS is on."""

from collections.abc import Mapping

ALLOWED: Mapping[str, frozenset[str]] = {
    "operator": frozenset(
        {
            "CancelVoyage",
            "DispatchFleet",
            "DockShip",
            "GetGameBudget",
            "GetRoute",
            "GetShip",
            "GetSystemGraph",
            "GetVoyage",
            "ListShips",
            "ListVoyages",
            "NavigateShip",
            "OrbitShip",
            "PlanRoute",
            "RefuelShip",
            "SetFlightMode",
            "StartTour",
            "WatchVoyage",
        }
    ),
}
