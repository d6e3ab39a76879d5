"""Who may call what, by the role in the caller's certificate. What is not here is refused, as soon as TLS is on."""

from collections.abc import Mapping

_EVERYTHING = frozenset({"ComputeTravelTimes", "OptimizeTour", "PartitionFleet", "PlanRoute"})

ALLOWED: Mapping[str, frozenset[str]] = {"navigation": _EVERYTHING, "operator": _EVERYTHING}
