"""Connections with TLS: how they are made, for how many there is room, and that nothing is left of them."""

import asyncio
import os
import socket
import ssl
from contextlib import suppress

import grpc
import pytest
import structlog

from service_chassis import tls_listener
from service_chassis.tls_listener import HANDSHAKE_OUTCOMES
from tests.fakes.certificates import Identities
from tests.fakes.chassis_service import (
    Serving,
    eventually,
    serving,
)
from tests.fakes.chassis_tls import (
    channel_to,
    handshakes,
    listener_of,
    options,
    outcome,
    outcome_on,
    refusal,
)


async def test_counts_handshakes_by_how_they_went(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        await outcome(service.server, identities.of("navigation"))
        await refusal(service.server, identities.expired("navigation"))
        await refusal(service.server, identities.foreign("navigation"))
        # gRPC's own clients leave without a word.
        stranger = str(Identities(identities.directory / "elsewhere").anonymous.authorities)
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.to_thread(ssl.get_server_certificate, ("127.0.0.1", service.server.port), ca_certs=stranger)
        await eventually(lambda: bool(handshakes(service, "refused")))
        await _knock(service.server.port, b"GET / HTTP/1.1\r\n\r\n")
        await _knock(service.server.port, b"")
        counted = {name for name in HANDSHAKE_OUTCOMES if handshakes(service, name)}

    assert counted == {"ok", "expired", "unknown_ca", "refused", "wrong_protocol", "left"}
    assert handshakes(service, "ok") == 1


async def test_does_not_wait_for_a_caller_that_says_nothing(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_HANDSHAKE_SECONDS", 0.05)
    async with serving(options(identities)) as service:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
        assert await reader.read() == b""
        writer.close()
        assert handshakes(service, "timeout") == 1
        assert not listener_of(service)._open


async def test_who_is_longest_at_a_handshake_makes_room_for_others(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_MAX_HANDSHAKES", 3)
    async with serving(options(identities)) as service:
        silent = [await asyncio.open_connection("127.0.0.1", service.server.port) for _ in range(3)]
        await eventually(lambda: len(listener_of(service)._shaking) == 3)

        assert await outcome(service.server, identities.of("navigation")) is None

        assert await silent[0][0].read() == b""
        assert len(listener_of(service)._shaking) == 2
        for _, writer in silent:
            writer.close()


async def test_callers_without_a_certificate_leave_room_for_those_with_one(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls_listener, "_MAX_STRANGERS", 1)
    async with serving(options(identities)) as service:
        _, writer = await _nameless(identities, service)
        await eventually(lambda: bool(listener_of(service).callers))

        late, late_writer = await _nameless(identities, service)
        assert await late.read() == b""
        assert await outcome(service.server, identities.of("navigation")) is None
        for each in (writer, late_writer):
            each.close()


async def test_knows_nobody_who_comes_by_the_inner_door(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        assert await outcome_on(near) is None
        [peer] = listener_of(service).callers
        inner_port = listener_of(service)._inner_port
        async with grpc.aio.insecure_channel(f"127.0.0.1:{inner_port}") as inner:
            error = await outcome_on(inner)

    assert peer.startswith("ipv4:127.0.0.1:")
    assert error is not None
    assert error.reason == "NO_CLIENT_CERTIFICATE"


async def test_answers_do_not_wait_for_the_caller_to_have_read_the_one_before(identities: Identities) -> None:
    async with serving(options(identities)) as service, channel_to(service.server, identities.of("navigation")) as near:
        assert await outcome_on(near) is None
        [end] = listener_of(service)._open
        assert end.transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_forgets_callers_that_left(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        callers = listener_of(service).callers
        _, writer = await _nameless(identities, service)
        await eventually(lambda: bool(callers))
        writer.close()
        await eventually(lambda: not callers)


async def test_noise_leaves_nothing_behind_and_little_in_the_log(
    identities: Identities, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than all of it takes on a slow machine.
    monkeypatch.setattr(tls_listener, "_TELL_SECONDS", 60.0)
    async with serving(options(identities)) as service:
        listener = listener_of(service)
        with structlog.testing.capture_logs() as logs:
            for noise in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + bytes(300), b"\xff" * 5_000) * 20:
                _, writer = await asyncio.open_connection("127.0.0.1", service.server.port)
                writer.write(noise)
                writer.close()
            # One task accepts.
            await eventually(lambda: len(listener._tasks) == 1 and not listener._open)

        assert not listener.callers
        assert not listener._open
        assert len(logs) < 10
        assert await outcome(service.server, identities.of("navigation")) is None


@pytest.mark.parametrize(
    "noise", [b"\xff" * 100_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 5_000, b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_noise_under_tls_is_hung_up_on_and_leaves_nothing_behind(identities: Identities, noise: bytes) -> None:
    async with serving(options(identities)) as service:
        reader, writer = await _nameless(identities, service)
        writer.write(noise)
        async with asyncio.timeout(30):
            with suppress(ConnectionError):
                while await reader.read(10_000):
                    pass
        writer.close()
        await eventually(lambda: not listener_of(service)._open and not listener_of(service).callers)


async def test_a_caller_that_stops_in_the_middle_of_a_record_leaves_nothing_behind(identities: Identities) -> None:
    async with serving(options(identities)) as service:
        _, writer = await _nameless(identities, service)
        await eventually(lambda: bool(listener_of(service).callers))
        plain = writer.get_extra_info("socket")
        os.write(plain.fileno(), b"\x17\x03\x03\x40\x00half")
        writer.transport.abort()
        await eventually(lambda: not listener_of(service)._open and not listener_of(service).callers)


async def _knock(port: int, noise: bytes) -> None:
    """Say something that is no TLS, and wait for the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(noise)
    writer.write_eof()
    await reader.read()
    writer.close()


async def _nameless(identities: Identities, service: Serving) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of a caller that trusts the server, and has no certificate."""
    trusting = ssl.create_default_context(cafile=str(identities.anonymous.authorities))
    return await asyncio.open_connection("127.0.0.1", service.server.port, ssl=trusting)
