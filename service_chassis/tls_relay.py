"""One connection of the network that speaks TLS, and the one of this machine that has the same bytes in plain text.

asyncio's own TLS would keep 256 KiB for every connection, whoever it is that knocks, and adds two layers of calls.
"""

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from service_chassis.identity import Caller

# TLS has records of 16 KiB at most.
_RECORD = 16 * 1024
# A caller on a slow line may still be reading its last answer.
_GOODBYE_SECONDS = 30.0


class SecuredEnd(asyncio.BufferedProtocol):
    """The end that faces the network. What comes in there goes out at the other end, no faster than that can send.

    `buffer` is where bytes are received; all connections of an event loop may share one, as none stays in it.
    `lost` is called when the connection is closed.
    """

    def __init__(self, context: ssl.SSLContext, buffer: memoryview, lost: Callable[["SecuredEnd"], object]) -> None:
        self.transport: asyncio.Transport
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, server_side=True)
        self._buffer = buffer
        self._lost = lost
        self._handshake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._plain: asyncio.Transport | None = None
        self._goodbye: asyncio.TimerHandle | None = None

    async def shake_hands(self) -> dict[str, Any]:
        """The caller's certificate once it is proven, as `getpeercert` has it: empty if there is none.

        Nothing more is received before `join`. Raises SSLError, TimeoutError, or ConnectionError if the caller left.
        """
        await self._handshake
        return self._tls.getpeercert() or {}

    def give_up(self, error: OSError) -> None:
        """No handshake: `shake_hands` raises the error."""
        if not self._handshake.done():
            self._handshake.set_exception(error)

    def join(self, plain: asyncio.Transport) -> None:
        """Pass on to `plain` from now on."""
        self._plain = plain
        if self.transport.is_closing():
            plain.close()
        else:
            self.transport.resume_reading()
            self._pass_on(plain)

    def send(self, data: bytes) -> None:
        """To the far end, encrypted."""
        if self._goodbye is None and not self.transport.is_closing():
            with suppress(ssl.SSLError):
                self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """What was sent before still goes out; then the far end has a while to close its side, too."""
        if self._goodbye is not None or self.transport.is_closing():
            return
        self._goodbye = asyncio.get_running_loop().call_later(_GOODBYE_SECONDS, self.transport.abort)
        with suppress(ssl.SSLError):
            # Tells the far end that this is the end, and raises because that has not said so itself yet.
            self._tls.unwrap()
        self._flush()
        with suppress(OSError):
            self.transport.write_eof()
        self.transport.resume_reading()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self._goodbye is not None:
            return
        self._received.write(self._buffer[:nbytes])
        if self._plain is not None:
            self._pass_on(self._plain)
        elif not self._handshake.done():
            self._go_on_shaking_hands()

    def pause_writing(self) -> None:
        if self._plain is not None and not self._plain.is_closing():
            self._plain.pause_reading()

    def resume_writing(self) -> None:
        if self._plain is not None and not self._plain.is_closing():
            self._plain.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        if self._goodbye is not None:
            self._goodbye.cancel()
        self.give_up(ConnectionResetError("the caller left"))
        if self._plain is not None:
            self._plain.close()
        self._lost(self)

    def _go_on_shaking_hands(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            # The far end is told what is wrong.
            self._flush()
            self._handshake.set_exception(error)
        else:
            self._flush()
            self.transport.pause_reading()
            self._handshake.set_result(None)

    def _pass_on(self, plain: asyncio.Transport) -> None:
        """All that has come in one piece, as each piece is a trip, and a few calls are many records."""
        pieces, ended = list[bytes](), True
        try:
            while piece := self._tls.read(_RECORD):
                pieces.append(piece)
        except ssl.SSLWantReadError:
            ended = False
        except ssl.SSLError:
            # Broken bytes: only what came before them counts.
            pass
        plain.writelines(pieces)
        self._flush()
        if ended:
            plain.close()

    def _flush(self) -> None:
        if data := self._to_send.read():
            self.transport.write(data)


class PlainEnd(asyncio.Protocol):
    """The end that faces the server of this machine.

    As long as it is open, `callers` has `caller`, under the name that the server has for this end.
    """

    def __init__(self, secured: SecuredEnd, caller: Caller, callers: dict[str, Caller]) -> None:
        self._secured = secured
        self._caller = caller
        self._callers = callers
        self._name = ""

    def connection_made(self, transport: Any) -> None:
        host, port = transport.get_extra_info("sockname")
        self._name = f"ipv4:{host}:{port}"
        self._callers[self._name] = self._caller
        self._secured.join(transport)

    def data_received(self, data: bytes) -> None:
        self._secured.send(data)

    def pause_writing(self) -> None:
        if not self._secured.transport.is_closing():
            self._secured.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._secured.transport.is_closing():
            self._secured.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        # Before its port is free for another connection of this machine.
        self._callers.pop(self._name, None)
        self._secured.close()
