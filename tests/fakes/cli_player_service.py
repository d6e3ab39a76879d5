"""A player service in memory that refuses what the real one refuses, for tests of the command line."""

import re

import grpc
from google.protobuf.json_format import MessageToDict
from google.protobuf.timestamp_pb2 import Timestamp

from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceServicer
from tests.fakes.cli_status import ArmedRefusals, Refusal, bad_field, not_found

_AGENT_SYMBOL = re.compile(r"[A-Z0-9_-]{3,14}\Z")
_CREATED = Timestamp(seconds=1_750_000_000)


class FakePlayerService(PlayerServiceServicer):
    """Knows one account token, the tokens in `agent_of_token`, and the players registered so far."""

    def __init__(self, *, page_size: int = 500) -> None:
        self.armed = ArmedRefusals()
        self.agent_of_token: dict[str, str] = {}
        self.account_token = "account-secret"
        self.players: dict[int, pb.Player] = {}
        self._page_size = page_size

    def add(self, agent_symbol: str) -> pb.Player:
        player_id = len(self.players) + 1
        player = pb.Player(
            player_id=player_id,
            agent_symbol=agent_symbol,
            state=pb.Player.STATE_ACTIVE,
            universe="127.0.0.1:8080/2026-11-22",
            token_version=1,
            create_time=_CREATED,
            update_time=_CREATED,
        )
        self.players[player_id] = player
        return player

    def RegisterPlayer(
        self, request: pb.RegisterPlayerRequest, context: grpc.ServicerContext
    ) -> pb.RegisterPlayerResponse:
        self.armed.receive("RegisterPlayer", request, context)
        self._check_request_id(request.request_id, context)
        if not _AGENT_SYMBOL.match(request.agent_symbol):
            bad_field("agent_symbol", "must be 3 to 14 characters of A-Z, 0-9, '-' and '_'").abort(context)
        self._prove(request, request.agent_symbol, context)
        if self._find(request.agent_symbol) is not None:
            Refusal(
                grpc.StatusCode.ALREADY_EXISTS,
                "DUPLICATE_AGENT_SYMBOL",
                f"{request.agent_symbol} is registered",
                {"agent_symbol": request.agent_symbol},
            ).abort(context)
        player = self.add(request.agent_symbol)
        player.metadata.CopyFrom(request.metadata)
        return pb.RegisterPlayerResponse(player=player)

    def ReplaceAgentToken(
        self, request: pb.ReplaceAgentTokenRequest, context: grpc.ServicerContext
    ) -> pb.ReplaceAgentTokenResponse:
        self.armed.receive("ReplaceAgentToken", request, context)
        self._check_request_id(request.request_id, context)
        player = self._by_id(request.player_id, context)
        self._prove(request, player.agent_symbol, context)
        player.token_version += 1
        player.state = pb.Player.STATE_ACTIVE
        return pb.ReplaceAgentTokenResponse(player=player)

    def GetPlayer(self, request: pb.GetPlayerRequest, context: grpc.ServicerContext) -> pb.GetPlayerResponse:
        self.armed.receive("GetPlayer", request, context)
        if request.WhichOneof("key") == "player_id":
            return pb.GetPlayerResponse(player=self._by_id(request.player_id, context))
        player = self._find(request.agent_symbol)
        if player is None:
            not_found("PLAYER", request.agent_symbol).abort(context)
        return pb.GetPlayerResponse(player=player)

    def ListPlayers(self, request: pb.ListPlayersRequest, context: grpc.ServicerContext) -> pb.ListPlayersResponse:
        self.armed.receive("ListPlayers", request, context)
        after = int(request.page_token or 0)
        size = min(request.page_size or 50, self._page_size)
        later = [player for player_id, player in sorted(self.players.items()) if player_id > after]
        more = str(later[size - 1].player_id) if len(later) > size else ""
        return pb.ListPlayersResponse(players=later[:size], next_page_token=more)

    def UpdatePlayerMetadata(
        self, request: pb.UpdatePlayerMetadataRequest, context: grpc.ServicerContext
    ) -> pb.UpdatePlayerMetadataResponse:
        self.armed.receive("UpdatePlayerMetadata", request, context)
        player = self._by_id(request.player_id, context)
        merged = {} if request.replace else MessageToDict(player.metadata)
        merged |= MessageToDict(request.metadata)
        player.metadata.Clear()
        player.metadata.update({key: value for key, value in merged.items() if value is not None})
        return pb.UpdatePlayerMetadataResponse(player=player)

    def DeletePlayer(self, request: pb.DeletePlayerRequest, context: grpc.ServicerContext) -> pb.DeletePlayerResponse:
        self.armed.receive("DeletePlayer", request, context)
        del self.players[self._by_id(request.player_id, context).player_id]
        return pb.DeletePlayerResponse()

    def GetAgentToken(
        self, request: pb.GetAgentTokenRequest, context: grpc.ServicerContext
    ) -> pb.GetAgentTokenResponse:
        Refusal(grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED", "for the navigation service").abort(context)

    def ReportTokenRejected(
        self, request: pb.ReportTokenRejectedRequest, context: grpc.ServicerContext
    ) -> pb.ReportTokenRejectedResponse:
        Refusal(grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED", "for the navigation service").abort(context)

    def _prove(
        self,
        request: pb.RegisterPlayerRequest | pb.ReplaceAgentTokenRequest,
        agent_symbol: str,
        context: grpc.ServicerContext,
    ) -> None:
        if request.WhichOneof("credential") == "new_agent":
            if request.new_agent.account_token != self.account_token or not request.new_agent.faction.isupper():
                Refusal(grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_REJECTED", "no such account").abort(context)
        elif request.token not in self.agent_of_token:
            Refusal(grpc.StatusCode.FAILED_PRECONDITION, "TOKEN_REJECTED", "the game refused it").abort(context)
        elif self.agent_of_token[request.token] != agent_symbol:
            Refusal(grpc.StatusCode.FAILED_PRECONDITION, "AGENT_SYMBOL_MISMATCH", "another agent's").abort(context)

    def _check_request_id(self, request_id: str, context: grpc.ServicerContext) -> None:
        if not request_id:
            bad_field("request_id", "the command line always sets it").abort(context)

    def _find(self, agent_symbol: str) -> pb.Player | None:
        return next((player for player in self.players.values() if player.agent_symbol == agent_symbol), None)

    def _by_id(self, player_id: int, context: grpc.ServicerContext) -> pb.Player:
        if player_id not in self.players:
            not_found("PLAYER", str(player_id)).abort(context)
        return self.players[player_id]
