"""Calls of every method of one service, as fast as a few callers make them, and what is wrong with the answers."""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse

from service_chassis.status import remote_error
from tests.fuzz.messages import Messages
from tests.fuzz.noise import Noise, field_of
from tests.fuzz.verdict import Expected, faults_of
from tests.fuzz.words import Words

_HEALTH_SECONDS = 10.0
_INCIDENT = re.compile(r"[0-9a-f]{16}")
_EVENTS_PER_WATCH = 5
_LARGEST = 4 * 1024 * 1024
_ROOM_FOR_TAGS = 8
_UNKNOWN = 2_000


@dataclass(frozen=True)
class Target:
    """A service, where it listens, and right requests by method name, which show the way to its depths."""

    service: ServiceDescriptor
    address: str
    samples: Mapping[str, Sequence[Message]]
    call_seconds: float = 5.0

    @property
    def domain(self) -> str:
        """`spacetraders.player` for spacetraders.player.v1.PlayerService."""
        return str(self.service.file.package).removesuffix(".v1")


@dataclass
class Report:
    """`answers` counts (method, outcome); every fault is told once, with the request that showed it."""

    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    faults: dict[str, bytes] = field(default_factory=dict)
    health_checks: int = 0

    def note(self, method: str, outcome: str, faults: Sequence[str], content: bytes) -> None:
        self.answers[method, outcome] += 1
        for fault in faults:
            self.faults.setdefault(f"{method} answered {outcome}: {fault}", content)

    @property
    def calls(self) -> int:
        return self.answers.total()


class Onslaught:
    """Everything that is sent follows from `seed` and from the answers."""

    def __init__(self, target: Target, seed: int) -> None:
        self.report = Report()
        self.words = Words(Random(seed))
        self._target = target
        self._random = Random(seed)
        self._messages = Messages(self._random, self.words)
        self._noise = Noise(self._random)
        for samples in target.samples.values():
            for sample in samples:
                self.words.learn_from(sample)

    async def run(self, enough: Callable[[int], bool], *, callers: int = 4) -> Report:
        """Call until `enough(number of calls made)`; the process must answer health all the while."""
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        async with grpc.aio.insecure_channel(self._target.address, options=options) as channel:
            ended = asyncio.Event()
            health = asyncio.create_task(self._ask_for_health(channel, ended))
            await asyncio.gather(*(self._call_until(channel, enough) for _ in range(callers)))
            ended.set()
            await health
        return self.report

    async def _call_until(self, channel: grpc.aio.Channel, enough: Callable[[int], bool]) -> None:
        methods = list(self._target.service.methods)
        while not enough(self.report.calls):
            method = self._random.choice(methods)
            await self._call(channel, method, self._content(method))

    def _content(self, method: MethodDescriptor) -> bytes:
        """The bytes of a request: a right one, a changed one, a random one, and any of them disturbed."""
        samples = self._target.samples.get(method.name)
        if samples and self._random.random() < 0.7:
            message = self._random.choice(samples)
            message = message if self._random.random() < 0.1 else self._messages.changed(message)
        else:
            message = self._messages.any_of(method.input_type)
        content = message.SerializeToString()
        if self._random.random() < 0.25:
            content = self._noise.disturb(content)
        if self._random.random() < 0.002:
            content += field_of(_UNKNOWN, bytes(max(0, _LARGEST - len(content) - _ROOM_FOR_TAGS)))
        return content

    async def _call(self, channel: grpc.aio.Channel, method: MethodDescriptor, content: bytes) -> None:
        path = f"/{self._target.service.full_name}/{method.name}"
        answer_type = GetMessageClass(method.output_type)
        try:
            if method.server_streaming:
                await self._read_some(channel.unary_stream(path, None, answer_type.FromString), content)
            else:
                unary: Any = channel.unary_unary(path, None, answer_type.FromString)
                answer = await unary(content, timeout=self._target.call_seconds)
                self.words.learn_from(answer)
            self.report.note(method.name, "OK", (), content)
        except grpc.aio.AioRpcError as failure:
            error = remote_error(failure)
            faults = faults_of(error, Expected(method.input_type, self._target.domain))
            shown = [f"{fault} ({_INCIDENT.sub('…', error.message)[:200]})" for fault in faults]
            self.report.note(method.name, f"{error.code.name} {error.reason}".strip(), shown, content)

    async def _read_some(self, method: Any, content: bytes) -> None:
        call = method(content, timeout=self._target.call_seconds)
        seen = 0
        async for answer in call:
            self.words.learn_from(answer)
            seen += 1
            if seen == _EVENTS_PER_WATCH:
                call.cancel()
                return

    async def _ask_for_health(self, channel: grpc.aio.Channel, ended: asyncio.Event) -> None:
        check = channel.unary_unary(
            "/grpc.health.v1.Health/Check", HealthCheckRequest.SerializeToString, HealthCheckResponse.FromString
        )
        while not ended.is_set():
            started = time.monotonic()
            try:
                answer = await check(
                    HealthCheckRequest(service=self._target.service.full_name), timeout=_HEALTH_SECONDS
                )
                outcome = "SERVING" if answer.status == HealthCheckResponse.SERVING else "NOT_SERVING"
            except grpc.aio.AioRpcError as failure:
                outcome = failure.code().name
            self.report.health_checks += 1
            if outcome != "SERVING":
                self.report.faults[f"health is {outcome} after {time.monotonic() - started:.1f} s"] = b""
            await asyncio.sleep(0.2)
