"""Who may call what, by the role in the caller's certificate. What is not here is refused, as soon as TLS is on."""

from collections.abc import Mapping

ALLOWED: Mapping[str, frozenset[str]] = {
    "navigation": frozenset({"GetAgentToken", "ReportTokenRejected"}),
    "operator": frozenset(
        {
            "DeletePlayer",
            "GetPlayer",
            "ListPlayers",
            "RegisterPlayer",
            "ReplaceAgentToken",
            "UpdatePlayerMetadata",
        }
    ),
}
