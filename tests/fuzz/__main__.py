"""Real processes and random calls: `python -m tests.fuzz [--seconds N] [--seed S] [--service NAME]`."""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from google.protobuf.descriptor import ServiceDescriptor

from protos.navigation.v1 import navigation_service_pb2 as nav
from protos.player.v1 import player_service_pb2 as player
from protos.routing.v1 import routing_service_pb2 as route
from tests.e2e.stack import Stack, running_stack
from tests.fuzz.onslaught import Onslaught, Report, Target
from tests.fuzz.samples import Samples, World, navigation_samples, player_samples, routing_samples

_ACCOUNT_TOKEN = "sandbox-account"
_SANDBOX = ("--time-scale", "600", "--no-rate-limit", "--account-token", _ACCOUNT_TOKEN, "--ships", "3")
_NO_LIMITS = {"GAME_REQUESTS_PER_SECOND": "0", "GAME_BURST": "0", "GAME_TIME_SCALE": "600"}
# Caches fill up first, those of maps over tens of thousands of calls; what comes after is growth.
_WARM_UP_SHARE = 0.4
_GROWTH_MEBIBYTES = 96.0
_SHOWN_BYTES = 2_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="for each service (default 60)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other requests (default 1)")
    parser.add_argument("--service", choices=("player", "navigation", "routing"), help="this one alone")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as directory,
        running_stack(Path(directory), sandbox_options=_SANDBOX, environment=_NO_LIMITS) as stack,
    ):
        faults = [
            fault
            for name, target in _targets(stack)
            if arguments.service in (None, name)
            for fault in _attack(stack, name, target, arguments.seconds, arguments.seed)
        ]
        if faults:
            print(stack.logs())
    print("\n".join(faults) or "no faults")
    return 1 if faults else 0


def _targets(stack: Stack) -> Iterator[tuple[str, Target]]:
    world = _settle(stack)
    player_service = player.DESCRIPTOR.services_by_name["PlayerService"]
    yield "routing", _target(stack, "routing", route.DESCRIPTOR.services_by_name["RoutingService"], routing_samples())
    yield (
        "navigation",
        _target(stack, "navigation", nav.DESCRIPTOR.services_by_name["NavigationService"], navigation_samples(world)),
    )
    yield "player", _target(stack, "player", player_service, player_samples(world))


def _target(stack: Stack, name: str, service: ServiceDescriptor, samples: Samples) -> Target:
    return Target(service, stack.address(f"{name}_service"), samples)


def _settle(stack: Stack) -> World:
    """An agent whose ships can be flown."""
    new_agent = player.NewAgent(faction="COSMIC", account_token=_ACCOUNT_TOKEN)
    stack.players.RegisterPlayer(player.RegisterPlayerRequest(agent_symbol="FUZZ", new_agent=new_agent), timeout=20)
    token = stack.players.GetAgentToken(player.GetAgentTokenRequest(agent_symbol="FUZZ")).token
    ship = stack.navigation.ListShips(nav.ListShipsRequest(agent_symbol="FUZZ"), timeout=20).ships[0]
    graph = stack.navigation.GetSystemGraph(
        nav.GetSystemGraphRequest(agent_symbol="FUZZ", system_symbol=ship.system_symbol), timeout=60
    ).graph
    places = [waypoint.symbol for waypoint in graph.waypoints[:8]]
    return World("FUZZ", token, _ACCOUNT_TOKEN, ship.ship_symbol, ship.system_symbol, places)


def _attack(stack: Stack, name: str, target: Target, seconds: float, seed: int) -> list[str]:
    process = f"{name}_service"
    onslaught = Onslaught(target, seed)
    _run_for(onslaught, seconds * _WARM_UP_SHARE)
    warm = stack.resident_mebibytes(process)
    report = _run_for(onslaught, seconds * (1 - _WARM_UP_SHARE))
    grown = stack.resident_mebibytes(process) - warm if stack.running(process) else 0.0
    _show(name, report, warm, grown)
    faults = [
        f"{name}: {fault}\n    request: {content[:_SHOWN_BYTES].hex()}" for fault, content in report.faults.items()
    ]
    if not stack.running(process):
        faults.append(f"{name}: the process ended")
    if grown > _GROWTH_MEBIBYTES:
        faults.append(f"{name}: {grown:.0f} MiB more memory than after the warm-up")
    return faults + [f"{name}: in its log: {line[-600:]}" for line in _alarms(stack.directory / f"{process}.log")]


def _run_for(onslaught: Onslaught, seconds: float) -> Report:
    deadline = time.monotonic() + seconds
    return asyncio.run(onslaught.run(lambda _calls: time.monotonic() > deadline))


def _show(name: str, report: Report, warm: float, grown: float) -> None:
    print(f"{name}: {report.calls} calls, {report.health_checks} health checks, {warm:.0f} MiB, {grown:+.0f} MiB")
    for (method, outcome), count in sorted(report.answers.items()):
        print(f"  {method:22} {outcome:45} {count:7}")


def _alarms(log: Path) -> list[str]:
    """Lines of the log that stand for something unexpected."""
    return [line for line in log.read_text().splitlines() if line[:1] != "{" or json.loads(line)["level"] == "error"]


if __name__ == "__main__":
    sys.exit(main())
