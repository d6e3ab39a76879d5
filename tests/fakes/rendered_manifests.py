"""What `kubectl apply -k` would send to a cluster, and who may call whom in there."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

KUBERNETES = Path(__file__).parents[2] / "deploy/kubernetes"
WORKLOADS = ("Deployment", "Job", "StatefulSet")
Manifest = dict[str, Any]


@cache
def rendered(overlay: str) -> tuple[Manifest, ...]:
    """The overlay's resources, rendered by the kubectl of the environment that runs the tests."""
    kubectl = Path(sys.executable).with_name("kubectl")
    command = [str(kubectl), "kustomize", str(KUBERNETES / "overlays" / overlay)]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(yaml.safe_load_all(output))


def of_kind(overlay: str, *kinds: str) -> list[Manifest]:
    return [each for each in rendered(overlay) if each["kind"] in kinds]


def the(overlay: str, kind: str, name: str) -> Manifest:
    """The one resource of this name, or else whose name begins so: generators and versions add to names."""
    named = {each["metadata"]["name"]: each for each in of_kind(overlay, kind)}
    found = [named[name]] if name in named else [named[each] for each in named if each.startswith(name)]
    assert len(found) == 1, f"{len(found)} of {kind} {name}"
    return found[0]


def pods(overlay: str) -> Iterator[tuple[str, Manifest]]:
    """The pod template of every workload, with the workload's name."""
    for each in of_kind(overlay, *WORKLOADS):
        yield each["metadata"]["name"], each["spec"]["template"]


def containers(pod: Manifest) -> list[Manifest]:
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


def selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    """Whether a label selector matches; of the expressions it knows `In`, which is all that ours use."""
    if not selector.get("matchLabels", {}).items() <= labels.items():
        return False
    expressions = selector.get("matchExpressions", ())
    assert all(each["operator"] == "In" for each in expressions)
    return all(labels.get(each["key"]) in each["values"] for each in expressions)


def allowed_calls(overlay: str, besides: Mapping[str, Mapping[str, str]] | None = None) -> set[tuple[str, str, int]]:
    """Who may call whom at which TCP port, inside the namespace: both ends' policies must agree, as in a cluster.

    `besides` are pods that somebody made by hand, with their labels.
    """
    everybody: list[tuple[str, Mapping[str, str]]] = [(name, pod["metadata"]["labels"]) for name, pod in pods(overlay)]
    everybody += (besides or {}).items()
    return {
        (caller, called, port)
        for caller, caller_labels in everybody
        for called, called_labels in everybody
        for port in _ports(overlay)
        if _allows(overlay, "egress", caller_labels, called_labels, port)
        and _allows(overlay, "ingress", called_labels, caller_labels, port)
    }


def _ports(overlay: str) -> set[int]:
    return {
        port["containerPort"]
        for _, pod in pods(overlay)
        for container in containers(pod)
        for port in container.get("ports", ())
    }


def _allows(overlay: str, way: str, subject: Mapping[str, str], peer: Mapping[str, str], port: int) -> bool:
    policies = [
        each["spec"]
        for each in of_kind(overlay, "NetworkPolicy")
        if way.capitalize() in each["spec"]["policyTypes"] and selects(each["spec"]["podSelector"], subject)
    ]
    if not policies:
        return True
    return any(
        any(each["port"] == port for each in rule["ports"]) and any(_is_peer(each, peer) for each in rule[_side(way)])
        for policy in policies
        for rule in policy.get(way, ())
    )


def _side(way: str) -> str:
    return "from" if way == "ingress" else "to"


def _is_peer(peer: Manifest, labels: Mapping[str, str]) -> bool:
    """Peers with a namespace or an address are outside."""
    return peer.keys() == {"podSelector"} and selects(peer["podSelector"], labels)
