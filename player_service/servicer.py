"""PlayerService on the wire: messages in, one request to the mediator, messages out."""

from typing import Any

import grpc

from player_service.application.commands.delete_player import DeletePlayerCommand
from player_service.application.commands.register_player import RegisterPlayerCommand
from player_service.application.commands.replace_agent_token import ReplaceAgentTokenCommand
from player_service.application.commands.report_token_rejected import ReportTokenRejectedCommand
from player_service.application.commands.update_player_metadata import UpdatePlayerMetadataCommand
from player_service.application.credential import Credential, NewAgent
from player_service.application.queries.get_agent_token import GetAgentTokenQuery
from player_service.application.queries.get_player import GetPlayerQuery
from player_service.application.queries.list_players import ListPlayersQuery
from player_service.domain.player import Player, PlayerState
from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1 import player_service_pb2_grpc as pb_grpc
from pymediatr import Mediator
from service_chassis.wire import datetime_to_timestamp, dict_to_struct, struct_to_dict

SERVICE_NAME = pb.DESCRIPTOR.services_by_name["PlayerService"].full_name
Context = grpc.aio.ServicerContext[Any, Any]


class PlayerServicer(pb_grpc.PlayerServiceServicer):
    def __init__(self, mediator: Mediator) -> None:
        self._mediator = mediator

    async def RegisterPlayer(self, request: pb.RegisterPlayerRequest, context: Context) -> pb.RegisterPlayerResponse:
        command = RegisterPlayerCommand(
            request.agent_symbol, _to_credential(request), struct_to_dict(request.metadata), request.request_id
        )
        return pb.RegisterPlayerResponse(player=_to_message(await self._mediator.send(command)))

    async def ReplaceAgentToken(
        self, request: pb.ReplaceAgentTokenRequest, context: Context
    ) -> pb.ReplaceAgentTokenResponse:
        command = ReplaceAgentTokenCommand(request.player_id, _to_credential(request), request.request_id)
        return pb.ReplaceAgentTokenResponse(player=_to_message(await self._mediator.send(command)))

    async def GetPlayer(self, request: pb.GetPlayerRequest, context: Context) -> pb.GetPlayerResponse:
        query = GetPlayerQuery(request.player_id, request.agent_symbol)
        return pb.GetPlayerResponse(player=_to_message(await self._mediator.send(query)))

    async def ListPlayers(self, request: pb.ListPlayersRequest, context: Context) -> pb.ListPlayersResponse:
        page = await self._mediator.send(ListPlayersQuery(request.page_size, request.page_token))
        players = [_to_message(player) for player in page.players]
        return pb.ListPlayersResponse(players=players, next_page_token=page.next_page_token)

    async def UpdatePlayerMetadata(
        self, request: pb.UpdatePlayerMetadataRequest, context: Context
    ) -> pb.UpdatePlayerMetadataResponse:
        command = UpdatePlayerMetadataCommand(request.player_id, struct_to_dict(request.metadata), request.replace)
        return pb.UpdatePlayerMetadataResponse(player=_to_message(await self._mediator.send(command)))

    async def DeletePlayer(self, request: pb.DeletePlayerRequest, context: Context) -> pb.DeletePlayerResponse:
        await self._mediator.send(DeletePlayerCommand(request.player_id))
        return pb.DeletePlayerResponse()

    async def GetAgentToken(self, request: pb.GetAgentTokenRequest, context: Context) -> pb.GetAgentTokenResponse:
        kept = await self._mediator.send(GetAgentTokenQuery(request.player_id, request.agent_symbol))
        return pb.GetAgentTokenResponse(
            token=kept.token.reveal(),
            agent_symbol=kept.player.agent_symbol,
            player_id=kept.player.player_id,
            token_version=kept.player.token_version,
            universe=kept.player.universe,
        )

    async def ReportTokenRejected(
        self, request: pb.ReportTokenRejectedRequest, context: Context
    ) -> pb.ReportTokenRejectedResponse:
        command = ReportTokenRejectedCommand(request.player_id, request.token_version, request.game_error_code)
        return pb.ReportTokenRejectedResponse(player=_to_message(await self._mediator.send(command)))


def register(server: grpc.aio.Server, servicer: PlayerServicer) -> None:
    pb_grpc.add_PlayerServiceServicer_to_server(servicer, server)


def _to_credential(request: pb.RegisterPlayerRequest | pb.ReplaceAgentTokenRequest) -> Credential:
    if request.WhichOneof("credential") == "new_agent":
        return Credential(new_agent=NewAgent(request.new_agent.faction, request.new_agent.account_token))
    return Credential(request.token)


def _to_message(player: Player) -> pb.Player:
    return pb.Player(
        player_id=player.player_id,
        agent_symbol=player.agent_symbol,
        metadata=dict_to_struct(player.metadata.entries),
        state=_STATES[player.state],
        universe=player.universe,
        token_version=player.token_version,
        create_time=datetime_to_timestamp(player.create_time),
        update_time=datetime_to_timestamp(player.update_time),
    )


_STATES = {
    PlayerState.ACTIVE: pb.Player.STATE_ACTIVE,
    PlayerState.TOKEN_REJECTED: pb.Player.STATE_TOKEN_REJECTED,
}
