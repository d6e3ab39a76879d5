"""A channel whose certificates may change: gRPC's own channels keep the ones that they were opened with."""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc

from service_chassis.tls import Rotating

_Open = Callable[[grpc.ChannelCredentials], grpc.aio.Channel]


class RotatingChannel(grpc.aio.Channel):
    """Opens another channel when the credentials have changed. Calls begin on the newest; each old one closes after its
    last call.
    """

    def __init__(self, credentials: Rotating[grpc.ChannelCredentials], open_with: _Open) -> None:
        self._credentials = credentials
        self._open_with = open_with
        self._newest = _Generation(credentials.current(), open_with)
        self._closing: set[asyncio.Task[None]] = set()
        self._retired: set[_Generation] = set()

    def unary_unary(self, method: str, *args: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.unary_unary(method, *args, **options))

    def unary_stream(self, method: str, *args: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.unary_stream(method, *args, **options))

    def stream_unary(self, method: str, *args: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.stream_unary(method, *args, **options))

    def stream_stream(self, method: str, *args: Any, **options: Any) -> Any:
        return _Method(self, lambda channel: channel.stream_stream(method, *args, **options))

    def newest(self) -> "_Generation":
        credentials = self._credentials.current()
        if credentials is not self._newest.credentials:
            retired, self._newest = self._newest, _Generation(credentials, self._open_with)
            self._retired.add(retired)
            retired.when_idle(lambda: self._close(retired))
        return self._newest

    def _close(self, retired: "_Generation") -> None:
        self._retired.discard(retired)
        task = asyncio.create_task(retired.channel.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def close(self, grace: float | None = None) -> None:
        channels = [generation.channel for generation in (self._newest, *self._retired)]
        await asyncio.gather(*(channel.close(grace) for channel in channels), *self._closing)

    async def __aenter__(self) -> "RotatingChannel":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        return self.newest().channel.get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        await self.newest().channel.wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        await self.newest().channel.channel_ready()


class _Generation:
    """One real channel, and how many calls are on it."""

    def __init__(self, credentials: grpc.ChannelCredentials, open_with: _Open) -> None:
        self.credentials = credentials
        self.channel = open_with(credentials)
        self._methods: dict[_Method, Any] = {}
        self._calls = 0
        self._idle: Callable[[], None] | None = None

    def begin(self, method: "_Method", *args: Any, **options: Any) -> Any:
        if method not in self._methods:
            self._methods[method] = method.open_on(self.channel)
        call = self._methods[method](*args, **options)
        self._calls += 1
        call.add_done_callback(self._ended)
        return call

    def when_idle(self, idle: Callable[[], None]) -> None:
        self._idle = idle
        self._look()

    def _ended(self, _call: object) -> None:
        self._calls -= 1
        self._look()

    def _look(self) -> None:
        if self._calls == 0 and self._idle is not None:
            idle, self._idle = self._idle, None
            idle()


class _Method:
    """What stubs call. Holds no channel, whose connections last as long as somebody does."""

    def __init__(self, channel: RotatingChannel, open_on: Callable[[grpc.aio.Channel], Any]) -> None:
        self._channel = channel
        self.open_on = open_on

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._channel.newest().begin(self, *args, **options)
