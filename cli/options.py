"""The arguments and options that several commands share, declared once.

Service addresses come from an option, else from the environment variable that the services use too.
"""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.certificates import Endpoint
from cli.errors import wrong_usage


class OutputFormat(StrEnum):
    TABLE = "table"
    JSON = "json"


class ModeChoice(StrEnum):
    CRUISE = "CRUISE"
    BURN = "BURN"
    DRIFT = "DRIFT"
    STEALTH = "STEALTH"


class FleetObjectiveChoice(StrEnum):
    MAKESPAN = "makespan"
    TOTAL_TIME = "total-time"


DEFAULT_PLAYER_ADDRESS = "127.0.0.1:50051"
DEFAULT_NAVIGATION_ADDRESS = "127.0.0.1:50052"
DEFAULT_ROUTING_ADDRESS = "127.0.0.1:50053"

OUTPUT_HELP = "`table` for people, `json` for scripts: the call's response, with the field names of the protos."


def _as_given_anywhere(context: typer.Context, value: OutputFormat | None) -> OutputFormat:
    """`--output` may stand before the command or after it; what stands after it wins."""
    return OutputFormat(value or context.find_root().params.get("output") or OutputFormat.TABLE)


def upper(value: str | None) -> str | None:
    return value.strip().upper() if value is not None else None


def _address(context: typer.Context, value: str) -> Endpoint:
    """`host:port`, or a gRPC target with a scheme of its own."""
    host, _, port = value.strip().rpartition(":")
    if "://" not in value and not value.startswith("unix:") and not (host and port.isdigit() and int(port) <= 65_535):
        raise typer.BadParameter(f"{value!r} is not HOST:PORT with a port up to 65535, as in 127.0.0.1:50051")
    endpoint = Endpoint(value.strip())
    endpoint.certificates = context.obj
    return endpoint


def _writable(path: str | None) -> str | None:
    """Looked at before anything is planned: a solver may search for seconds."""
    if path is None:
        return None
    if path == "-":
        raise wrong_usage("--svg: standard output is for the plan itself", "name a file for the map: --svg plan.svg")
    file = Path(path)
    place = file if file.exists() else file.parent
    if not path or file.is_dir() or not place.exists() or not os.access(place, os.W_OK):
        raise wrong_usage(
            f"--svg: cannot write {path!r}", "name a file in a folder that exists and is yours to write in"
        )
    return path


Output = Annotated[
    OutputFormat | None,
    typer.Option("--output", "-o", callback=_as_given_anywhere, case_sensitive=False, help=OUTPUT_HELP),
]
TlsAuthorities = Annotated[
    Path | None,
    typer.Option(
        "--tls-ca",
        envvar="TLS_CA_FILE",
        metavar="FILE",
        help="Speak TLS, and trust services that this authority signed.",
    ),
]
TlsCertificate = Annotated[
    Path | None,
    typer.Option("--tls-cert", envvar="TLS_CERT_FILE", metavar="FILE", help="Our own certificate, to show who we are."),
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", envvar="TLS_KEY_FILE", metavar="FILE", help="Our certificate's key.")
]
PlayerAddress = Annotated[
    str,
    typer.Option("--player-service-address", envvar="PLAYER_SERVICE_ADDRESS", metavar="HOST:PORT", callback=_address),
]
NavigationAddress = Annotated[
    str,
    typer.Option(
        "--navigation-service-address",
        envvar="NAVIGATION_SERVICE_ADDRESS",
        metavar="HOST:PORT",
        callback=_address,
    ),
]
RoutingAddress = Annotated[
    str,
    typer.Option("--routing-service-address", envvar="ROUTING_SERVICE_ADDRESS", metavar="HOST:PORT", callback=_address),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, max=2**53, help="Which universe the sandbox makes.")]
NewAgentSymbol = Annotated[
    str, typer.Option("--agent", metavar="AGENT", callback=upper, help="The agent's call sign, 3 to 14 characters.")
]
AgentSymbol = Annotated[str, typer.Argument(metavar="AGENT", callback=upper, help="The agent's call sign.")]
ShipSymbol = Annotated[str, typer.Argument(metavar="SHIP", callback=upper, help="The ship's symbol, e.g. ASTRA-1.")]
Destination = Annotated[
    str,
    typer.Argument(
        metavar="DEST", callback=upper, help="A waypoint of the ship's system: X1-AB12-C3, or C3 for short."
    ),
]
VoyageKey = Annotated[
    str, typer.Argument(metavar="VOYAGE", help="A voyage's id, or a ship's symbol for that ship's newest voyage.")
]
VoyageKeys = Annotated[
    list[str],
    typer.Argument(
        metavar="VOYAGE",
        help="Voyages' ids, or ships' symbols for their newest voyages: ASTRA-1,2,3; @FILE or - (stdin) for a list.",
    ),
]
WhoseShips = Annotated[
    str | None,
    typer.Option(
        "--agent",
        envvar="SPACETRADERS_AGENT",
        callback=upper,
        metavar="AGENT",
        help="Whose; may be left out while one player is registered.",
    ),
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Read from the game now, not what was seen last.")]
AgentToken = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="SPACETRADERS_AGENT_TOKEN",
        metavar="TOKEN",
        help="The agent's token; `-` reads it from standard input. Asked for if left out.",
    ),
]
AccountToken = Annotated[
    str | None,
    typer.Option(
        "--account-token",
        envvar="SPACETRADERS_ACCOUNT_TOKEN",
        metavar="TOKEN",
        help="The account's token; `-` reads it from standard input. Asked for if left out.",
    ),
]
Faction = Annotated[str, typer.Option("--faction", callback=upper, help="The faction to start with.")]
MetadataJson = Annotated[
    str | None, typer.Option("--metadata", metavar="JSON", help='A JSON object, e.g. \'{"fleet": "north"}\'.')
]
Modes = Annotated[
    str | None,
    typer.Option("--modes", metavar="MODE,MODE", help="Flight modes to plan with. Default: CRUISE,BURN,DRIFT."),
]
LeastFuel = Annotated[bool, typer.Option("--least-fuel", help="Plan for the least fuel instead of the least time.")]
RefuelSeconds = Annotated[
    float, typer.Option("--refuel-seconds", min=0, max=86_400, help="Time to plan for each refuel stop.")
]
DepartureSeconds = Annotated[
    float, typer.Option("--departure-seconds", min=0, max=86_400, help="Time to plan for each departure.")
]
TourStops = Annotated[
    list[str],
    typer.Argument(
        metavar="WP", help="Waypoints of the ship's system, in full or short (C3); @FILE or - (stdin) for a list."
    ),
]
InOrder = Annotated[bool, typer.Option("--in-order", help="Keep the order given, instead of finding the best one.")]
ReturnToOrigin = Annotated[bool, typer.Option("--return", help="Come back to where it began.")]
Repeat = Annotated[bool, typer.Option("--repeat", help="Begin anew after every round, until cancelled.")]
PlanOnly = Annotated[bool, typer.Option("--plan-only", help="Show the plan; keep nothing, move nothing.")]
Detach = Annotated[bool, typer.Option("--detach", "-d", help="Do not follow.")]
SvgFile = Annotated[
    str | None,
    typer.Option(
        "--svg", metavar="FILE", callback=_writable, help="Draw the plan on a map of the system, as an SVG file."
    ),
]
FleetShips = Annotated[
    list[str] | None,
    typer.Option("--ships", metavar="SHIP,SHIP", help="Ships, with commas: ASTRA-1,2,3; @FILE or - for a list."),
]
FleetStops = Annotated[
    list[str] | None,
    typer.Option("--waypoints", metavar="WP", help="Waypoints, in full or short (C3); @FILE or - for a list."),
]
ShipsArgument = Annotated[str | None, typer.Argument(metavar="SHIPS", help="In place of --ships.")]
StopsArgument = Annotated[str | None, typer.Argument(metavar="WPS", help="In place of --waypoints.")]
FleetGoal = Annotated[
    FleetObjectiveChoice,
    typer.Option(
        "--objective",
        case_sensitive=False,
        help="`makespan`: the last ship is done as early as can be; `total-time`: all fly as little as can be.",
    ),
]
