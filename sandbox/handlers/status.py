"""What the server says about itself, without an envelope; and what it says to requests it does not know."""

from __future__ import annotations

from sandbox.call import Answer, Call
from sandbox.errors import ERROR_CODES, RefusedError
from sandbox.tokens import API_VERSION

DAY = 86_400_000


def get_status(call: Call) -> Answer:
    """Version, reset date, counts and leaderboards."""
    universe, clock = call.game.universe, call.game.clock
    agents = sorted(universe.agents.values(), key=lambda agent: -agent.credits)[:15]
    return Answer(
        {
            "status": "SpaceTraders is currently online and available to play",
            "version": API_VERSION,
            "resetDate": universe.reset_date,
            "description": "An offline SpaceTraders sandbox: a generated universe under the laws of the live game.",
            "stats": {
                "accounts": len(universe.agents),
                "agents": len(universe.agents),
                "ships": len(universe.ships),
                "systems": len(universe.galaxy.systems),
                "waypoints": len(universe.galaxy.waypoints),
            },
            "health": {"lastMarketUpdate": clock.stamp(clock.now())},
            "leaderboards": {
                "mostCredits": [{"agentSymbol": agent.symbol, "credits": agent.credits} for agent in agents],
                "mostSubmittedCharts": [],
            },
            "serverResets": {"next": clock.stamp(clock.now() + 7 * DAY), "frequency": "on request"},
            "announcements": [],
            "links": [],
        }
    )


def list_error_codes(call: Call) -> Answer:
    """The codes this server knows."""
    return Answer({"errorCodes": [{"code": code, "name": known.name} for code, known in ERROR_CODES.items()]})


def unknown_route(call: Call) -> Answer:
    """The answer to anything else."""
    raise RefusedError(404, f"There is no route /{call.path['path']}; the game's API lives under /v2.")
