"""The player service over gRPC, and a short memory of what it said."""

import asyncio
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc

from navigation_service.adapters.remote_errors import outage, rebuilt, retry_after
from navigation_service.application.ports import AgentToken, Credential, PlayerKey
from navigation_service.domain.errors import (
    PlayerAccessError,
    PlayerNotFoundError,
    PlayerServiceUnavailableError,
    TokenRejectedError,
    UniverseResetError,
)
from protos.player.v1 import player_service_pb2 as pb
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.call_context import CallContext, current_call, on_behalf_of
from service_chassis.channels import TlsFiles, open_channel
from service_chassis.status import remote_error
from shared_kernel.clock import Clock
from shared_kernel.errors import DomainError

if TYPE_CHECKING:
    from protos.player.v1.player_service_pb2_grpc import PlayerServiceAsyncStub

KEPT_SECONDS = 60.0
# During an outage what is kept serves on, and only now and then somebody waits to see if it is over.
RETRY_SECONDS = 5.0
_MOST_KEPT = 10_000

_SERVICES = tuple(pb.DESCRIPTOR.services_by_name.values())
_BY_REASON = {kind.reason: kind for kind in (PlayerNotFoundError, TokenRejectedError, UniverseResetError)}
_BY_CODE = {
    grpc.StatusCode.PERMISSION_DENIED: PlayerAccessError,
    grpc.StatusCode.UNAUTHENTICATED: PlayerAccessError,
    grpc.StatusCode.NOT_FOUND: PlayerNotFoundError,
}


@dataclass(frozen=True)
class _Kept:
    """`serves_until` is monotonic: until then nobody asks again."""

    credential: Credential
    serves_until: float


class GrpcPlayerDirectory:
    """Satisfies PlayerDirectory. The channel opens at the first call, in the loop that it belongs to."""

    def __init__(
        self, address: str, clock: Clock, *, timeout_seconds: float = 5.0, tls: TlsFiles | None = None
    ) -> None:
        self._address = address
        self._tls = tls
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._channel: grpc.aio.Channel | None = None
        self._kept: dict[int, _Kept] = {}
        self._ids: dict[str, int] = {}
        self._reads: dict[PlayerKey, asyncio.Task[Credential]] = {}

    async def close(self) -> None:
        for read in self._reads.values():
            read.cancel()
        await asyncio.gather(*self._reads.values(), return_exceptions=True)
        if self._channel is not None:
            await self._channel.close()

    async def credential(self, player: PlayerKey, *, fresh: bool = False) -> Credential:
        kept = self._kept.get(player.player_id or self._ids.get(player.agent_symbol, 0))
        if fresh or kept is None:
            return await self._read(player, join=not fresh)
        if self._clock.monotonic() < kept.serves_until:
            return kept.credential
        try:
            return await self._read(player, join=True)
        except PlayerServiceUnavailableError:
            self._keep(kept.credential, RETRY_SECONDS)
            return kept.credential

    async def report_rejected(self, credential: Credential, game_error_code: int) -> None:
        self._forget(PlayerKey(player_id=credential.player_id))
        request = pb.ReportTokenRejectedRequest(
            player_id=credential.player_id,
            token_version=credential.token_version,
            game_error_code=game_error_code,
        )
        try:
            await self._stub().ReportTokenRejected(request)
        except grpc.aio.AioRpcError as failure:
            raise _our_error(failure) from None

    async def _read(self, player: PlayerKey, *, join: bool) -> Credential:
        """One read for all who ask at the same time; it does not end with the call of the one who was first."""
        read = self._reads.get(player) if join else None
        if read is None:
            work = self._ask(player, current_call())
            read = self._reads[player] = asyncio.create_task(work, context=Context())
            read.add_done_callback(lambda done: self._read_ended(player, done))
        return await asyncio.shield(read)

    def _read_ended(self, player: PlayerKey, read: asyncio.Task[Credential]) -> None:
        if self._reads.get(player) is read:
            del self._reads[player]
        if not read.cancelled():
            # Seen here, so that nobody is missed where all who asked have gone.
            read.exception()

    async def _ask(self, player: PlayerKey, call: CallContext | None) -> Credential:
        key = {"player_id": player.player_id} if player.player_id else {"agent_symbol": player.agent_symbol}
        try:
            with on_behalf_of(call):
                answer = await self._stub().GetAgentToken(pb.GetAgentTokenRequest(**key))
        except grpc.aio.AioRpcError as failure:
            error = _our_error(failure)
            if not isinstance(error, PlayerServiceUnavailableError):
                self._forget(player)
            raise error from None
        credential = Credential(
            player_id=answer.player_id,
            agent_symbol=answer.agent_symbol,
            token=AgentToken(answer.token),
            token_version=answer.token_version,
            universe=answer.universe,
        )
        self._keep(credential, KEPT_SECONDS)
        return credential

    def _keep(self, credential: Credential, seconds: float) -> None:
        while len(self._kept) >= _MOST_KEPT and credential.player_id not in self._kept:
            self._forget(PlayerKey(player_id=next(iter(self._kept))))
        kept = self._kept.get(credential.player_id)
        if kept is not None and kept.credential.token_version > credential.token_version:
            # A slow answer, overtaken by a later question.
            return
        self._kept[credential.player_id] = _Kept(credential, self._clock.monotonic() + seconds)
        self._ids[credential.agent_symbol] = credential.player_id

    def _forget(self, player: PlayerKey) -> None:
        kept = self._kept.pop(player.player_id or self._ids.get(player.agent_symbol, 0), None)
        if kept is not None:
            self._ids.pop(kept.credential.agent_symbol, None)

    def _stub(self) -> "PlayerServiceAsyncStub":
        if self._channel is None:
            self._channel = open_channel(
                self._address, services=_SERVICES, default_timeout=self._timeout_seconds, tls=self._tls
            )
        return PlayerServiceStub(self._channel)


def _our_error(failure: grpc.aio.AioRpcError) -> DomainError:
    error = remote_error(failure)
    return rebuilt(error, _BY_REASON, _BY_CODE) or PlayerServiceUnavailableError(
        outage("the player service", error), retry_after=retry_after(error)
    )
