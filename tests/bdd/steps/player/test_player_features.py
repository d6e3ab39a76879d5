"""The steps of the player features: through the real port, with a game in memory."""

import asyncio
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from pytest_bdd import given, parsers, scenarios, then, when

from player_service.domain.secret import AgentToken
from protos.player.v1 import player_service_pb2 as pb
from service_chassis.status import RemoteError
from tests.fakes.player_component import PlayerComponent, running, settings_for
from tests.fakes.player_game import ACCOUNT_TOKEN, FakeGame

scenarios("player")

VERSIONS = {"first": 1, "second": 2}


class Story:
    """What has happened so far: answers in order, the last error, and the tokens that agents have at the game."""

    def __init__(self, runner: asyncio.Runner, service: PlayerComponent) -> None:
        self._runner = runner
        self.service = service
        self.tokens: dict[str, str] = {}
        self.requests: list[tuple[str, Any]] = []
        self.answers: list[Any] = []
        self.error: RemoteError | None = None

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(work)

    def ask(self, method: str, request: Any) -> Any:
        """Ask and insist on an answer; nothing of it is part of the story."""
        return self.run(self._call(method, request))

    def act(self, method: str, request: Any) -> None:
        self.requests.append((method, request))
        self.error = None
        try:
            self.answers.append(self.ask(method, request))
        except RemoteError as error:
            self.error = error

    def player(self, agent_symbol: str) -> pb.Player:
        player = self.ask("GetPlayer", pb.GetPlayerRequest(agent_symbol=agent_symbol)).player
        assert isinstance(player, pb.Player)
        return player

    async def _call(self, method: str, request: Any) -> Any:
        return await self.service.answer(method, request)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with asyncio.Runner() as runner:
        component = running(settings_for(tmp_path), FakeGame())
        yield Story(runner, runner.run(component.__aenter__()))
        runner.run(component.__aexit__(None, None, None))


@given(parsers.parse("the game knows the agent {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    story.tokens[symbol] = story.service.game.make_agent(symbol)


@given(parsers.parse("{symbol:w} is registered"))
def _(story: Story, symbol: str) -> None:
    story.tokens[symbol] = story.service.game.make_agent(symbol)
    story.ask("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol=symbol, token=story.tokens[symbol]))


@given("the game will lose its next answer to an enlistment")
def _(story: Story) -> None:
    story.service.game.lose_next_enlistment = True


@given("the game is reset")
def _(story: Story) -> None:
    story.service.game.reset()


@given(parsers.parse("the token of {symbol:w} was seen to be refused with the code {code:d}"))
def _(story: Story, symbol: str, code: int) -> None:
    report = pb.ReportTokenRejectedRequest(
        player_id=story.player(symbol).player_id, token_version=1, game_error_code=code
    )
    story.ask("ReportTokenRejected", report)


@when(parsers.parse("I register {symbol:w} with its token"))
def _(story: Story, symbol: str) -> None:
    story.act("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol=symbol, token=story.tokens[symbol.upper()]))


@when(parsers.parse("I register {symbol:w} with its token and the note {name} = {value}"))
def _(story: Story, symbol: str, name: str, value: str) -> None:
    request = pb.RegisterPlayerRequest(agent_symbol=symbol, token=story.tokens[symbol])
    request.metadata[name] = value
    story.act("RegisterPlayer", request)


@when(parsers.parse("I register {symbol:w} with its token under the request id {request_id}"))
def _(story: Story, symbol: str, request_id: str) -> None:
    request = pb.RegisterPlayerRequest(agent_symbol=symbol, token=story.tokens[symbol], request_id=request_id)
    story.act("RegisterPlayer", request)


@when(parsers.parse("I register {symbol:w} with the token {token}"))
def _(story: Story, symbol: str, token: str) -> None:
    story.act("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol=symbol, token=token))


@when(parsers.parse("I register {symbol:w} with {owner:w}'s token"))
def _(story: Story, symbol: str, owner: str) -> None:
    story.act("RegisterPlayer", pb.RegisterPlayerRequest(agent_symbol=symbol, token=story.tokens[owner]))


@when(
    parsers.re(r"I enlist (?P<symbol>\w+) for the faction (?P<faction>\w+)( under the request id (?P<request_id>.+))?")
)
def _(story: Story, symbol: str, faction: str, request_id: str | None) -> None:
    request = pb.RegisterPlayerRequest(
        agent_symbol=symbol,
        new_agent=pb.NewAgent(faction=faction, account_token=ACCOUNT_TOKEN),
        request_id=request_id or "",
    )
    story.act("RegisterPlayer", request)


@when("I send the same request again")
def _(story: Story) -> None:
    story.act(*story.requests[-1])


@when(parsers.parse("I delete {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    story.act("DeletePlayer", pb.DeletePlayerRequest(player_id=story.player(symbol).player_id))


@when(parsers.parse("I look for the player with the id of {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    story.act("GetPlayer", pb.GetPlayerRequest(player_id=story.player(symbol).player_id))


@when(parsers.parse("I look for the player with the symbol {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    story.act("GetPlayer", pb.GetPlayerRequest(agent_symbol=symbol))


@when("I list the players")
def _(story: Story) -> None:
    story.act("ListPlayers", pb.ListPlayersRequest())


@when(parsers.parse("I replace the token of {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    replace_token(story, symbol, story.tokens[symbol])


@when(parsers.parse("I replace the token of {symbol:w} with {owner:w}'s token"))
def _(story: Story, symbol: str, owner: str) -> None:
    replace_token(story, symbol, story.tokens[owner])


def replace_token(story: Story, symbol: str, token: str) -> None:
    request = pb.ReplaceAgentTokenRequest(player_id=story.player(symbol).player_id, token=token)
    story.act("ReplaceAgentToken", request)


@when(parsers.parse("I enlist {symbol:w} again for the faction {faction:w}"))
def _(story: Story, symbol: str, faction: str) -> None:
    new_agent = pb.NewAgent(faction=faction, account_token=ACCOUNT_TOKEN)
    request = pb.ReplaceAgentTokenRequest(player_id=story.player(symbol).player_id, new_agent=new_agent)
    story.act("ReplaceAgentToken", request)


@when(parsers.parse("the token of {symbol:w} is asked for"))
def _(story: Story, symbol: str) -> None:
    story.act("GetAgentToken", pb.GetAgentTokenRequest(agent_symbol=symbol))


@when(parsers.parse("the first token of {symbol:w} is reported as refused"))
def _(story: Story, symbol: str) -> None:
    report = pb.ReportTokenRejectedRequest(player_id=story.player(symbol).player_id, token_version=1)
    story.act("ReportTokenRejected", report)


@then(parsers.parse("{symbol:w} is a player"))
def _(story: Story, symbol: str) -> None:
    assert story.error is None
    assert story.player(symbol) == story.answers[-1].player


@then(parsers.parse("{symbol:w} is a player with the note {name} = {value}"))
def _(story: Story, symbol: str, name: str, value: str) -> None:
    assert MessageToDict(story.player(symbol).metadata) == {name: value}


@then(parsers.parse("{symbol:w} is no player"))
def _(story: Story, symbol: str) -> None:
    listed = story.ask("ListPlayers", pb.ListPlayersRequest()).players
    assert symbol not in [player.agent_symbol for player in listed]


@then("its token is the one that I gave")
def _(story: Story) -> None:
    symbol = story.answers[-1].player.agent_symbol
    kept = story.ask("GetAgentToken", pb.GetAgentTokenRequest(agent_symbol=symbol))
    assert kept.token == story.tokens[symbol]


@then(parsers.parse("the game knows the agent {symbol:w} by the token that was kept"))
def _(story: Story, symbol: str) -> None:
    kept = story.ask("GetAgentToken", pb.GetAgentTokenRequest(agent_symbol=symbol))
    assert story.run(story.service.game.agent_of(AgentToken(kept.token))) == symbol


@then(parsers.parse("I am refused with {reason:w}"))
def _(story: Story, reason: str) -> None:
    assert story.error is not None
    assert story.error.reason == reason


@then(parsers.parse('I am told to "{remedy}"'))
def _(story: Story, remedy: str) -> None:
    assert story.error is not None
    assert remedy in story.error.message


@then("the game was not asked to enlist anybody")
def _(story: Story) -> None:
    assert "enlist" not in story.service.game.calls


@then("I get the same player twice")
def _(story: Story) -> None:
    first, second = story.answers
    assert first == second


@then(parsers.parse("I find {symbol:w}"))
def _(story: Story, symbol: str) -> None:
    assert story.answers[-1].player.agent_symbol == symbol


@then(parsers.parse("I see {symbols}"))
def _(story: Story, symbols: str) -> None:
    assert [player.agent_symbol for player in story.answers[-1].players] == symbols.split(", ")


@then(parsers.parse("{symbol:w} is active under the {version:w} version of its token"))
def _(story: Story, symbol: str, version: str) -> None:
    player = story.player(symbol)
    assert (player.state, player.token_version) == (pb.Player.STATE_ACTIVE, VERSIONS[version])


@then("it lives in the new universe")
def _(story: Story) -> None:
    player = story.answers[-1].player
    assert player.universe == story.run(story.service.game.current_universe())
