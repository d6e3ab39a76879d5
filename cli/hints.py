"""What to do next, for every reason that a service may give (the ErrorInfo reasons and the voyages' failures)."""

from collections.abc import Mapping

_HINTS: dict[str, str] = {
    "INVALID_FIELD": "mend the fields named above; `--help` after the command shows what each option takes",
    "REQUEST_ID_REUSED": "run the command again: every run has a request id of its own",
    "PLAYER_NOT_FOUND": "see who is registered with `spacetraders player list`; "
    "add one with `spacetraders player register` or `spacetraders player enlist`",
    "SHIP_NOT_FOUND": "see your ships with `spacetraders ship list --refresh`",
    "SYSTEM_NOT_FOUND": "a system symbol is the first two parts of a waypoint's: X1-AB12-C3 lies in X1-AB12",
    "WAYPOINT_NOT_FOUND": "see where a ship can go with `spacetraders waypoints SHIP`",
    "VOYAGE_NOT_FOUND": "see your voyages with `spacetraders voyage list`",
    "DUPLICATE_AGENT_SYMBOL": "if the agent is yours: `spacetraders player list` shows whether it is registered; "
    "`spacetraders player register --agent {agent_symbol} --token -` registers it under its token, "
    "`spacetraders player token {agent_symbol} --token -` gives a registered one a new token",
    "NO_ROUTE": "allow more flight modes (`--modes CRUISE,BURN,DRIFT`) or choose a nearer waypoint",
    "SHIP_BUSY": "a voyage holds the ship: follow it with `spacetraders voyage watch {voyage_id}` "
    "or end it with `spacetraders voyage cancel {voyage_id}`",
    "INVALID_SHIP_STATE": "see the ship's state with `spacetraders ship show SHIP --refresh`, then orbit or dock it "
    "(`spacetraders ship orbit SHIP`, `spacetraders ship dock SHIP`)",
    "OUTSIDE_SYSTEM": "choose a destination in the ship's own system (`spacetraders waypoints SHIP` shows it); "
    "jumps between systems are not flown",
    "TOKEN_REJECTED": "check the token: an agent's registers, the account's enlists; "
    "a registered player gets a new one with `spacetraders player token SYMBOL --token -`",
    "UNIVERSE_RESET": "the game was reset and old tokens are dead: enlist again with "
    "`spacetraders player token SYMBOL --enlist`",
    "INSUFFICIENT_CREDITS": "the agent cannot pay for the fuel: earn credits, or try `--least-fuel`",
    "VOYAGE_ENDED": "there is nothing left to cancel: see how it ended with `spacetraders voyage show {voyage_id}`",
    "AGENT_SYMBOL_MISMATCH": "the token belongs to another agent: give --agent the symbol that the token was made for",
    "ENLIST_OUTCOME_UNKNOWN": "the call sign may now be taken: fetch its token from the game's site, then "
    "`spacetraders player register --agent SYMBOL --token -`",
    "GAME_UNAVAILABLE": "the game's server does not answer: try again in a minute; running voyages wait by themselves",
    "ROUTING_UNAVAILABLE": "the routing service does not answer: see its log, or start it (`spacetraders up`)",
    "PLAYER_SERVICE_UNAVAILABLE": "the player service does not answer: see its log, or start it (`spacetraders up`)",
    "DATABASE_UNAVAILABLE": "the service cannot reach its database: see the service's log and DATABASE_URL",
    "QUEUE_FULL": "the service is busy: try again in a few seconds",
    "GAME_BUDGET_EXHAUSTED": "the game's request limit is used up: try again in a minute",
    "REPLAN_LOOP": "planning led back to the same place twice: see `spacetraders voyage show {voyage_id}`, "
    "refresh the ship (`spacetraders ship show SHIP --refresh`) and navigate again",
    "PHYSICS_MISMATCH": "the game wants more fuel than planned: refuel the ship, navigate again, report the figures",
    "REFUEL_REFUSED": "the market took the order but added no fuel: refuel elsewhere and navigate again",
    "DEADLINE_EXCEEDED": "the answer took too long: try again; a repeated `navigate` finds the ship busy "
    "if the first one was accepted",
    "RESOURCE_EXHAUSTED": "the service is busy: try again in a few seconds",
    "UNAVAILABLE": "try again in a few seconds; see the service's log if it stays so",
    "UNIMPLEMENTED": "the service does not offer this yet: check that it has the same version as this command",
    "NO_CLIENT_CERTIFICATE": "show who you are: --tls-cert and --tls-key, or TLS_CERT_FILE and TLS_KEY_FILE",
    "UNKNOWN_IDENTITY": "use a certificate that was made for this fleet's operators (docs/operations.md)",
    "CALLER_NOT_ALLOWED": "use an operator's certificate: --tls-cert and --tls-key",
    "PERMISSION_DENIED": "this call is not for the command line",
    "INTERNAL": "a defect in the service: its log holds the cause under the id above",
    "UNKNOWN": "a defect in the service: see its log",
}

HINTED_REASONS = frozenset(_HINTS)


class _Placeholders(dict[str, str]):
    """A figure that the service did not send stays a placeholder in capitals, as in a usage line."""

    def __missing__(self, key: str) -> str:
        return key.upper()


_SHIPS_BUSY = (
    "voyages hold these ships: {ship_symbols}; leave them out, or end their voyages with "
    "`spacetraders voyage cancel {ship_symbols}`"
)
_NO_ROUTE_CAUSES = {
    "EMPTY_TANK": "the tank is empty: refuel the ship (`spacetraders ship refuel SHIP`) where fuel is sold; ",
    "FUEL_TOO_LOW": "the ship needs {required_fuel} fuel to begin with: refuel it first "
    "(`spacetraders ship refuel SHIP`); ",
    "TANK_TOO_SMALL": "it takes a tank of {required_fuel_capacity}: use another ship; ",
}


def hint_for(reason: str, metadata: Mapping[str, str]) -> str:
    """The next step for a reason, with the ids of `metadata` filled in; empty for an unknown reason."""
    template = _HINTS.get(reason, "")
    if reason == "NO_ROUTE":
        template = _no_route_cause(metadata) + template
        # The ship's own place is no news.
        if metadata.get("nearest_reachable", "") not in ("", metadata.get("origin")):
            template += "; the nearest place in reach is {nearest_reachable}"
        if "," in metadata.get("unreachable", ""):
            template += "; out of reach: {unreachable}"
    if reason == "SHIP_BUSY" and metadata.get("ship_symbols"):
        template = _SHIPS_BUSY
    return template.format_map(_Placeholders(metadata))


def _no_route_cause(metadata: Mapping[str, str]) -> str:
    """Empty where the figure is missing: of several stops, nobody may know it."""
    told = _NO_ROUTE_CAUSES.get(metadata.get("cause", ""), "")
    figures = [figure for figure in ("required_fuel", "required_fuel_capacity") if f"{{{figure}}}" in told]
    return told if all(metadata.get(figure) for figure in figures) else ""
