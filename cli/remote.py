"""One remote service: calls that wait out short outages, and errors in the user's words."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from cli.certificates import Certificates
from cli.errors import CliError, failed_call
from cli.mismatch import find_mismatch
from service_chassis.status import RemoteError, remote_error

RequestT = TypeVar("RequestT")
ResponseT = TypeVar("ResponseT")

_WORTH_REPEATING = frozenset({grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED})


@dataclass(frozen=True)
class Patience:
    """How long a command waits for a service that asks to be called again, and for one answer. In seconds.

    After `silence` without an answer it says that it waits.
    """

    total: float = 60.0
    per_call: float = 15.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    silence: float = 10.0


@dataclass(frozen=True)
class Remote:
    """A service by its name for people (`navigation service`) and its address."""

    name: str
    address: str
    patience: Patience
    notice: Callable[[str], None]
    certificates: Certificates | None = None

    async def call(
        self,
        method: "grpc.aio.UnaryUnaryMultiCallable[RequestT, ResponseT]",
        request: RequestT,
        *,
        repeat_when_late: bool = True,
        seconds: float | None = None,
    ) -> ResponseT:
        """The answer; the same request again, while patience lasts, when the service asks for it or is late.

        `repeat_when_late` must be False where a repeat could act twice; `seconds` is how long one answer
        may take where that is not what every other call gets. Raises CliError.
        """
        limit, loop = seconds or self.patience.per_call, asyncio.get_running_loop()
        give_up_at, told = self.patience.monotonic() + self.patience.total, ""
        while True:
            silence = f"{self.name}: no answer yet; waiting for up to {limit:.0f} s"
            waiting = loop.call_later(self.patience.silence, self.notice, silence)
            try:
                return await method(request, timeout=limit)
            except grpc.aio.AioRpcError as failure:
                error = _said_better(remote_error(failure), limit)
            finally:
                waiting.cancel()
            pause = _pause_before_repeat(error, repeat_when_late)
            if pause is None or self.patience.monotonic() + pause > give_up_at:
                raise await self.explained(error)
            if error.message != told:
                told = error.message
                left = give_up_at - self.patience.monotonic()
                self.notice(f"{self.name}: {told.removesuffix('; try again')}; trying again for up to {left:.0f} s")
            await self.patience.sleep(pause)

    async def explained(self, error: RemoteError) -> CliError:
        """What to tell the user of a call that failed."""
        is_transport = error.code is grpc.StatusCode.UNAVAILABLE and not error.reason
        mismatch = await find_mismatch(self.name, self.address, self.certificates) if is_transport else None
        return mismatch or failed_call(self.name, self.address, error)


def _said_better(error: RemoteError, limit: float) -> RemoteError:
    """Without a reason, a deadline that has passed is told in the transport's own words."""
    if error.code is grpc.StatusCode.DEADLINE_EXCEEDED and not error.reason:
        error.message = f"no answer within {limit:.0f} s"
    return error


def _pause_before_repeat(error: RemoteError, repeat_when_late: bool) -> float | None:
    """Seconds to wait, or None where a repeat is of no use: without RetryInfo, the channel has retried already."""
    if error.reason == "ENLIST_OUTCOME_UNKNOWN":
        return None
    if error.code in _WORTH_REPEATING:
        return error.retry_after
    return 0.5 if error.code is grpc.StatusCode.DEADLINE_EXCEEDED and repeat_when_late else None
