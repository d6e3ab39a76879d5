"""The services that a command talks to, each connected when first used. Imports grpc: import it lazily."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Self

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from cli.certificates import Certificates
from cli.errors import wrong_usage
from cli.navigation import Navigation
from cli.players import Players
from cli.remote import Patience, Remote
from protos.navigation.v1 import navigation_service_pb2
from protos.navigation.v1.navigation_service_pb2_grpc import NavigationServiceStub
from protos.player.v1 import player_service_pb2
from protos.player.v1.player_service_pb2_grpc import PlayerServiceStub
from service_chassis.channels import TlsFiles, TlsFilesError, open_channel

if TYPE_CHECKING:
    from types import TracebackType


class Fleet:
    """`notice` gets what the user should know while a command waits. Without `certificates` it speaks plain text."""

    def __init__(
        self,
        player_address: str,
        navigation_address: str,
        *,
        notice: Callable[[str], None],
        patience: Patience | None = None,
        certificates: Certificates | None = None,
    ) -> None:
        self._player_address = player_address
        self._navigation_address = navigation_address
        self._notice = notice
        self._patience = patience or Patience()
        self._certificates = certificates
        self._channels: list[grpc.aio.Channel] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        for channel in self._channels:
            await channel.close()

    @cached_property
    def players(self) -> Players:
        remote = self._remote("player service", self._player_address)
        service = player_service_pb2.DESCRIPTOR.services_by_name["PlayerService"]
        return Players(remote, PlayerServiceStub(self._open(self._player_address, service)))

    @cached_property
    def navigation(self) -> Navigation:
        remote = self._remote("navigation service", self._navigation_address)
        service = navigation_service_pb2.DESCRIPTOR.services_by_name["NavigationService"]
        return Navigation(remote, NavigationServiceStub(self._open(self._navigation_address, service)))

    def _open(self, address: str, service: ServiceDescriptor) -> grpc.aio.Channel:
        try:
            channel = open_channel(address, services=[service], tls=self._tls(), tell_rotation=self._tell_rotation)
        except TlsFilesError as error:
            raise wrong_usage(str(error), "see --tls-ca, --tls-cert and --tls-key") from error
        self._channels.append(channel)
        return channel

    def _remote(self, name: str, address: str) -> Remote:
        return Remote(name, address, self._patience, self._notice, self._certificates)

    def _tell_rotation(self, error: TlsFilesError | None) -> None:
        if error is not None:
            self._notice(f"the new certificates cannot be used: {error}; the old ones stay in use")

    def _tls(self) -> TlsFiles | None:
        ours = self._certificates
        return TlsFiles(ours.authorities, ours.certificate, ours.key) if ours else None
