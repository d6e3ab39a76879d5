"""Players as people read them."""

import json
from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType

from cli.render.tables import sheet, table
from cli.render.text import NOTHING, clock_text, name_of, plain
from protos.player.v1.player_service_pb2 import ListPlayersResponse, Player
from service_chassis.wire import struct_to_dict


def player_table(response: ListPlayersResponse, now: datetime) -> Iterator[RenderableType]:
    if not response.players:
        yield "No player is registered. Add one: spacetraders player register --agent SYMBOL, or player enlist."
        return
    yield table(
        ("AGENT", "ID", "STATE", "UNIVERSE", "METADATA", "UPDATED"),
        [
            (
                plain(player.agent_symbol),
                str(player.player_id),
                name_of(Player.State.Name, player.state),
                plain(player.universe),
                _metadata_text(player),
                clock_text(player.update_time, now),
            )
            for player in response.players
        ],
        right=("ID",),
        prose=("METADATA",),
    )


def player_sheet(player: Player, now: datetime) -> Iterator[RenderableType]:
    yield sheet(
        [
            ("agent", plain(player.agent_symbol)),
            ("id", str(player.player_id)),
            ("state", name_of(Player.State.Name, player.state)),
            ("universe", plain(player.universe)),
            ("token version", str(player.token_version)),
            ("metadata", _metadata_text(player)),
            ("created", clock_text(player.create_time, now)),
            ("updated", clock_text(player.update_time, now)),
        ]
    )
    if player.state == Player.STATE_TOKEN_REJECTED:
        yield (
            "The game refuses this agent's token. Give a new one: "
            f"spacetraders player token {plain(player.agent_symbol)} --token -"
        )


def _metadata_text(player: Player) -> str:
    if not player.metadata.fields:
        return NOTHING
    return plain(json.dumps(struct_to_dict(player.metadata), ensure_ascii=False, sort_keys=True))
