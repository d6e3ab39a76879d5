"""In the cluster exactly the calls of the design are possible, and the test certificates name who makes them."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.fakes.rendered_manifests import allowed_calls, of_kind, the

SERVICES = {"player-service": 50051, "navigation-service": 50052, "routing-service": 50053}
AMONG_SERVICES = {
    ("navigation-service", "player-service", 50051),
    ("navigation-service", "routing-service", 50053),
}
IN_LOCAL = {
    *((name, "sandbox", 8080) for name in ("navigation-service", "player-service")),
    *((name, "postgres", 5432) for name in ("navigation-service", "player-service")),
    *((f"{name}-migrate-local", "postgres", 5432) for name in ("navigation-service", "player-service")),
    *((name, *service) for name in ("operator", "first-flight") for service in SERVICES.items()),
}


def test_exactly_the_calls_of_the_design_are_possible() -> None:
    assert allowed_calls("local") == AMONG_SERVICES | IN_LOCAL
    assert allowed_calls("production") == AMONG_SERVICES


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_a_pod_made_by_hand_calls_the_services_as_an_operator_and_otherwise_nobody(overlay: str) -> None:
    made = {"jane": {"app.kubernetes.io/component": "operator"}, "stranger": {"app": "stranger"}}

    calls = allowed_calls(overlay, besides=made)

    assert calls - allowed_calls(overlay) == {("jane", *service) for service in SERVICES.items()}


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_everybody_may_ask_for_names_and_of_the_cluster_itself_for_nothing_else(overlay: str) -> None:
    outwards = [
        (policy["metadata"]["name"], policy["spec"]["podSelector"], peer, rule["ports"])
        for policy in of_kind(overlay, "NetworkPolicy")
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
        if "namespaceSelector" in peer
    ]

    ((name, asking, peer, ports),) = outwards
    assert (name, asking) == ("names", {})
    assert peer["namespaceSelector"] == {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}
    assert ports == [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_nothing_is_possible_unless_it_is_allowed(overlay: str) -> None:
    policy = the(overlay, "NetworkPolicy", "default-deny")["spec"]

    assert policy == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_production_reaches_the_internet_for_the_game_alone_and_nothing_private_that_way() -> None:
    open_to_all = [
        (policy["metadata"]["name"], rule["ports"], peer["ipBlock"])
        for policy in of_kind("production", "NetworkPolicy")
        for rule in policy["spec"].get("egress", ())
        for peer in rule["to"]
        if peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
    ]

    ((name, ports, block),) = open_to_all
    assert (name, ports) == ("game", [{"port": 443}])
    assert {"10.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"} <= set(block["except"])


def test_the_local_overlay_reaches_nothing_outside() -> None:
    for policy in of_kind("local", "NetworkPolicy"):
        for rule in policy["spec"].get("egress", ()):
            assert not any("ipBlock" in peer for peer in rule["to"])


@pytest.mark.parametrize("name", ["player-service", "navigation-service", "routing-service", "operator"])
def test_a_test_certificate_names_its_owner_and_where_it_is_found(name: str) -> None:
    files = {key: base64.b64decode(value) for key, value in the("local", "Secret", f"{name}-tls")["data"].items()}
    authority, certificate = (x509.load_pem_x509_certificate(files[key]) for key in ("ca.crt", "tls.crt"))
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value

    certificate.verify_directly_issued_by(authority)
    identity = name.removesuffix("-service")
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [f"spiffe://spacetraders/{identity}"]
    assert {f"{identity}-service", f"{identity}-service.spacetraders.svc.cluster.local"} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    assert certificate.not_valid_after_utc > datetime.now(UTC) + timedelta(days=180)
