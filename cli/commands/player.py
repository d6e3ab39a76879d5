"""`spacetraders player …`: register, enlist, look at and remove players."""

import sys
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from cli.credentials import read_account_token, read_agent_token
from cli.errors import wrong_usage
from cli.options import (
    DEFAULT_PLAYER_ADDRESS,
    AccountToken,
    AgentSymbol,
    AgentToken,
    Faction,
    MetadataJson,
    NewAgentSymbol,
    Output,
    PlayerAddress,
)
from cli.parsing import parse_assignments, parse_metadata
from cli.running import run
from cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from protos.player.v1.player_service_pb2 import Player

DEFAULT_FACTION = "COSMIC"

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Players: the agents whose ships are flown.")


@app.command("enlist")
def enlist(
    agent: NewAgentSymbol,
    faction: Faction = DEFAULT_FACTION,
    account_token: AccountToken = None,
    metadata: MetadataJson = None,
    output: Output = None,
    address: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
) -> None:
    """Make a new agent at the game, and register it. Needs the account's token."""
    terminal = Terminal(output)
    kept = parse_metadata(metadata)
    secret = read_account_token(account_token)
    response = run(lambda fleet: fleet.players.enlist(agent, faction, secret, kept), terminal, player=address)
    terminal.answer(response, lambda answer: _registered(answer.player))


@app.command("register")
def register(
    agent: NewAgentSymbol,
    token: AgentToken = None,
    metadata: MetadataJson = None,
    output: Output = None,
    address: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
) -> None:
    """Register an agent that the game knows already, under its token."""
    terminal = Terminal(output)
    kept = parse_metadata(metadata)
    secret = read_agent_token(token)
    response = run(lambda fleet: fleet.players.register(agent, secret, kept), terminal, player=address)
    terminal.answer(response, lambda answer: _registered(answer.player))


@app.command("token")
def replace_token(
    agent: AgentSymbol,
    token: AgentToken = None,
    enlist_anew: Annotated[
        bool, typer.Option("--enlist", help="Enlist anew under the same call sign, with the account's token.")
    ] = False,
    faction: Faction = DEFAULT_FACTION,
    account_token: AccountToken = None,
    output: Output = None,
    address: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
) -> None:
    """Give a registered player a new token: after a universe reset, or when the game refused the old one."""
    terminal = Terminal(output)
    if enlist_anew:
        account = read_account_token(account_token)
        response = run(lambda fleet: fleet.players.enlist_anew(agent, faction, account), terminal, player=address)
    else:
        secret = read_agent_token(token)
        response = run(lambda fleet: fleet.players.replace_token(agent, secret), terminal, player=address)
    terminal.answer(response, lambda answer: _sheet(answer.player))


@app.command("list")
def list_players(output: Output = None, address: PlayerAddress = DEFAULT_PLAYER_ADDRESS) -> None:
    """All registered players."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.players.list_all(), terminal, player=address)
    from cli.render.players import player_table

    terminal.answer(response, partial(player_table, now=datetime.now(UTC)))


@app.command("show")
def show_player(agent: AgentSymbol, output: Output = None, address: PlayerAddress = DEFAULT_PLAYER_ADDRESS) -> None:
    """One player. Its token is never shown."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.players.get(agent), terminal, player=address)
    terminal.answer(response, lambda answer: _sheet(answer.player))


@app.command("update")
def update_player(
    agent: AgentSymbol,
    metadata: MetadataJson = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Keep a text.")] = None,
    removals: Annotated[list[str] | None, typer.Option("--unset", metavar="KEY", help="Remove a key.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace all metadata instead of merging.")] = False,
    output: Output = None,
    address: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
) -> None:
    """Change what is kept with a player. Merges; a null in the JSON removes its key."""
    terminal = Terminal(output)
    changes = parse_metadata(metadata) | parse_assignments(settings or (), removals or ())
    if not changes and not replace:
        raise wrong_usage("nothing to change", "give --metadata, --set or --unset; --replace alone empties it")
    response = run(
        lambda fleet: fleet.players.update_metadata(agent, changes, replace=replace), terminal, player=address
    )
    terminal.answer(response, lambda answer: _sheet(answer.player))


@app.command("delete")
def delete_player(
    agent: AgentSymbol,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    output: Output = None,
    address: PlayerAddress = DEFAULT_PLAYER_ADDRESS,
) -> None:
    """Forget a player and its token. The agent and its ships stay in the game."""
    terminal = Terminal(output)
    if not yes:
        _ask(f"Forget {agent} and its token?")
    response = run(lambda fleet: fleet.players.delete(agent), terminal, player=address)
    terminal.answer(response, lambda _: [f"{agent} is forgotten."])


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise wrong_usage("nobody is there to confirm this", "add --yes")
    typer.confirm(question, abort=True, err=True)


def _registered(player: "Player") -> "Iterator[RenderableType]":
    yield from _sheet(player)
    yield f"Next: spacetraders ship list --agent {player.agent_symbol}"


def _sheet(player: "Player") -> "Iterator[RenderableType]":
    from cli.render.players import player_sheet

    return player_sheet(player, datetime.now(UTC))
