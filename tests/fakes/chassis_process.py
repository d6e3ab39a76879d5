"""The scripted service as a process of its own.

`python -m tests.fakes.chassis_process ADDRESS [DRAIN_SECONDS [waiting]]`

GetPlayer answers after its `player_id` in milliseconds, with the number of objects that no collection of garbage looks
at for a token version; WatchVoyage yields one event and waits. With `waiting` it waits for a database that never comes.
Says `ready PORT` on standard output once it serves, and `closed` at its very end.
"""

import asyncio
import gc
import sys

from protos.navigation.v1 import navigation_service_pb2 as navigation_pb
from protos.player.v1 import player_service_pb2 as player_pb
from service_chassis.app import App, run
from service_chassis.server import ServerOptions
from service_chassis.telemetry import configure_logging
from shared_kernel.errors import Unavailable
from tests.fakes.chassis_service import scripted_server


class _SaysReady:
    def __init__(self) -> None:
        self.port = 0

    async def run(self, stop: asyncio.Event) -> None:
        print("ready", self.port, flush=True)
        await stop.wait()


async def _answer(request: player_pb.GetPlayerRequest) -> player_pb.GetPlayerResponse:
    await asyncio.sleep(request.player_id / 1000)
    frozen = gc.get_freeze_count()
    return player_pb.GetPlayerResponse(player=player_pb.Player(player_id=request.player_id, token_version=frozen))


async def _close() -> None:
    print("closed", flush=True)


def _build() -> App:
    drain_seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0
    server, players, voyages = scripted_server(ServerOptions(sys.argv[1], drain_seconds=drain_seconds))
    players.script = _answer
    voyages.items.put_nowait(navigation_pb.WatchVoyageResponse())
    says_ready = _SaysReady()

    async def note_port() -> None:
        says_ready.port = server.port
        if "waiting" in sys.argv:
            print("waiting", flush=True)
            raise Unavailable("the database does not answer")

    return App(server, startup=[note_port], background=[says_ready], shutdown=[_close])


if __name__ == "__main__":
    configure_logging("INFO", "json", "scripted")
    sys.exit(run(_build))
