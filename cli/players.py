"""Players by their agent symbol, over the player service."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cli.errors import CliError, wrong_usage
from cli.hints import hint_for
from cli.remote import Remote
from cli.wishes import new_request_id
from protos.player.v1 import player_service_pb2 as pb
from service_chassis.wire import dict_to_struct

if TYPE_CHECKING:
    from protos.player.v1.player_service_pb2_grpc import PlayerServiceAsyncStub

_PAGE_SIZE = 500


class Players:
    def __init__(self, remote: Remote, stub: "PlayerServiceAsyncStub") -> None:
        self._remote = remote
        self._stub = stub

    async def register(self, agent_symbol: str, token: str, metadata: Mapping[str, Any]) -> pb.RegisterPlayerResponse:
        request = pb.RegisterPlayerRequest(
            agent_symbol=agent_symbol, metadata=dict_to_struct(metadata), request_id=new_request_id(), token=token
        )
        return await self._remote.call(self._stub.RegisterPlayer, request)

    async def enlist(
        self, agent_symbol: str, faction: str, account_token: str, metadata: Mapping[str, Any]
    ) -> pb.RegisterPlayerResponse:
        """Makes the agent at the game first. Never repeated by us: the game shows the new token once."""
        request = pb.RegisterPlayerRequest(
            agent_symbol=agent_symbol,
            metadata=dict_to_struct(metadata),
            request_id=new_request_id(),
            new_agent=pb.NewAgent(faction=faction, account_token=account_token),
        )
        try:
            return await self._remote.call(self._stub.RegisterPlayer, request, repeat_when_late=False)
        except CliError as error:
            raise _enlistment_in_doubt(error) from error

    async def replace_token(self, agent_symbol: str, token: str) -> pb.ReplaceAgentTokenResponse:
        request = pb.ReplaceAgentTokenRequest(
            player_id=await self._id_of(agent_symbol), request_id=new_request_id(), token=token
        )
        return await self._remote.call(self._stub.ReplaceAgentToken, request)

    async def enlist_anew(self, agent_symbol: str, faction: str, account_token: str) -> pb.ReplaceAgentTokenResponse:
        """The same agent symbol in a new universe."""
        request = pb.ReplaceAgentTokenRequest(
            player_id=await self._id_of(agent_symbol),
            request_id=new_request_id(),
            new_agent=pb.NewAgent(faction=faction, account_token=account_token),
        )
        try:
            return await self._remote.call(self._stub.ReplaceAgentToken, request, repeat_when_late=False)
        except CliError as error:
            raise _enlistment_in_doubt(error) from error

    async def get(self, agent_symbol: str) -> pb.GetPlayerResponse:
        return await self._remote.call(self._stub.GetPlayer, pb.GetPlayerRequest(agent_symbol=agent_symbol))

    async def list_all(self) -> pb.ListPlayersResponse:
        """All pages as one response."""
        everything = pb.ListPlayersResponse()
        while True:
            request = pb.ListPlayersRequest(page_size=_PAGE_SIZE, page_token=everything.next_page_token)
            page = await self._remote.call(self._stub.ListPlayers, request)
            everything.players.extend(page.players)
            everything.next_page_token = page.next_page_token
            if not page.next_page_token:
                return everything

    async def only_one(self) -> str:
        """The agent symbol of the only registered player; wrong usage if there are none or several."""
        symbols = [player.agent_symbol for player in (await self.list_all()).players]
        if len(symbols) == 1:
            return symbols[0]
        if not symbols:
            raise wrong_usage("no player is registered", hint_for("PLAYER_NOT_FOUND", {}))
        shown = ", ".join(symbols[:10]) + (", …" if len(symbols) > 10 else "")
        raise wrong_usage("several players are registered", f"say whose with --agent: {shown}")

    async def update_metadata(
        self, agent_symbol: str, metadata: Mapping[str, Any], *, replace: bool
    ) -> pb.UpdatePlayerMetadataResponse:
        request = pb.UpdatePlayerMetadataRequest(
            player_id=await self._id_of(agent_symbol), metadata=dict_to_struct(metadata), replace=replace
        )
        return await self._remote.call(self._stub.UpdatePlayerMetadata, request)

    async def delete(self, agent_symbol: str) -> pb.DeletePlayerResponse:
        request = pb.DeletePlayerRequest(player_id=await self._id_of(agent_symbol))
        return await self._remote.call(self._stub.DeletePlayer, request)

    async def _id_of(self, agent_symbol: str) -> int:
        return (await self.get(agent_symbol)).player.player_id


def _enlistment_in_doubt(error: CliError) -> CliError:
    """An answer that came too late may have been an enlistment all the same."""
    if error.code == "DEADLINE_EXCEEDED":
        error.hint = hint_for("ENLIST_OUTCOME_UNKNOWN", error.metadata)
    return error
