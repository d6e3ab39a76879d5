"""Every RPC of every service, called by everybody through the real door."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from service_chassis.channels import open_channel
from tests.fakes.any_service import PLAYERS, SERVICES, VOYAGES, serving
from tests.fakes.certificates import Identities, settings_of

CALLERS = ("navigation", "operator", "operator/jane", "player", "routing", "stranger", "Operator", "operators")
OPERATORS = frozenset({"operator", "operator/jane"})
REFUSALS = (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)


def callers_allowed(method: MethodDescriptor) -> Collection[str]:
    if method.containing_service is PLAYERS:
        return {"navigation"} if method.name in ("GetAgentToken", "ReportTokenRejected") else OPERATORS
    return OPERATORS if method.containing_service is VOYAGES else OPERATORS | {"navigation"}


def tls_of(service: ServiceDescriptor, identities: Identities) -> dict[str, Any]:
    return settings_of(identities.of(service.full_name.split(".")[1]))


async def code_of(channel: grpc.aio.Channel, method: MethodDescriptor) -> grpc.StatusCode:
    """How an empty request ends."""
    path = f"/{method.containing_service.full_name}/{method.name}"
    try:
        if method.server_streaming:
            stream: Any = channel.unary_stream(path)
            async for _ in stream(b"", timeout=60):
                pass
        else:
            call: Any = channel.unary_unary(path)
            await call(b"", timeout=60)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_each_caller_may_call_its_methods_and_no_others(service: ServiceDescriptor, tmp_path: Path) -> None:
    identities = Identities(tmp_path / "certificates")
    async with serving(service, tmp_path, **tls_of(service, identities)) as app:
        for caller in CALLERS:
            tls = identities.of(caller)
            async with open_channel(f"127.0.0.1:{app.port}", services=[service], tls=tls) as channel:
                codes = {method.name: await code_of(channel, method) for method in service.methods}
            let_in = {name for name, code in codes.items() if code not in REFUSALS}
            assert let_in == {method.name for method in service.methods if caller in callers_allowed(method)}, caller
            assert grpc.StatusCode.UNAUTHENTICATED not in codes.values()


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_nobody_calls_anything_without_a_certificate(service: ServiceDescriptor, tmp_path: Path) -> None:
    identities = Identities(tmp_path / "certificates")
    async with serving(service, tmp_path, **tls_of(service, identities)) as app:
        for files in (identities.anonymous, identities.named("spiffe://elsewhere/operator")):
            async with open_channel(f"127.0.0.1:{app.port}", services=[service], tls=files) as channel:
                codes = {await code_of(channel, method) for method in service.methods}
            assert codes == {grpc.StatusCode.UNAUTHENTICATED}


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_operators_choose_the_trust_domain_and_revoke_certificates(
    service: ServiceDescriptor, tmp_path: Path
) -> None:
    identities = Identities(tmp_path / "certificates")
    more = {"tls_trust_domain": "fleet.example", "tls_crl_file": identities.revoke("operator")}
    async with serving(service, tmp_path, **tls_of(service, identities), **more) as app:
        ended = {}
        for name, files in (
            ("ours", identities.named("spiffe://fleet.example/operator")),
            ("of another domain", identities.of("navigation")),
            ("revoked", identities.of("operator")),
        ):
            async with open_channel(f"127.0.0.1:{app.port}", services=[service], tls=files) as channel:
                ended[name] = await code_of(channel, service.methods[0])

    assert ended.pop("ours") not in REFUSALS
    assert ended == {"of another domain": grpc.StatusCode.UNAUTHENTICATED, "revoked": grpc.StatusCode.UNAVAILABLE}
