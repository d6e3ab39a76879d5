"""Manifests are valid, complete, and say only what the services understand."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
BASE = ROOT / "deploy/kubernetes/base"
SERVICES = {"player-service": 50051, "navigation-service": 50052, "routing-service": 50053}
Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    for name in yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]:
        yield from yaml.safe_load_all((BASE / name).read_text())


def the(kind: str, name: str) -> Manifest:
    found = [each for each in manifests() if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    assert len(found) == 1
    return found[0]


def pods() -> list[tuple[str, Manifest]]:
    """The pods of all workloads, with the name of their workload."""
    return [
        (each["metadata"]["name"], each["spec"]["template"]["spec"])
        for each in manifests()
        if each["kind"] in ("Deployment", "Job")
    ]


def validated(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", "--no-warn", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_manifest_is_applied_and_passes_the_strict_schema(tmp_path: Path) -> None:
    listed = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    files = sorted(file.name for file in BASE.glob("*.yaml") if file.name != "kustomization.yaml")
    assert sorted(listed) == files
    misspelt = tmp_path / "misspelt.yaml"
    misspelt.write_text((BASE / "player-service.yaml").read_text().replace("replicas:", "replicaz:"))

    result = validated(*(BASE / name for name in listed))

    assert result.returncode == 0, result.stdout + result.stderr
    assert validated(misspelt).returncode != 0


@pytest.mark.parametrize(("name", "pod"), pods(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_pod_may_do_as_little_as_possible(name: str, pod: Manifest) -> None:
    (container,) = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]
    assert not container["image"].endswith(":latest")
    assert ":" in container["image"]


@pytest.mark.parametrize(("name", "port"), SERVICES.items())
def test_a_service_is_reached_and_probed_where_it_listens(name: str, port: int) -> None:
    config, service = the("ConfigMap", name)["data"], the("Service", name)["spec"]
    pod = the("Deployment", name)["spec"]["template"]["spec"]
    ports = {each["name"]: each["containerPort"] for each in pod["containers"][0]["ports"]}

    assert service["clusterIP"] == "None"
    assert [each["port"] for each in service["ports"]] == [ports["grpc"]] == [port]
    assert config["LISTEN_ADDRESS"] == f"0.0.0.0:{port}"
    assert config["HEALTH_ADDRESS"] == f"0.0.0.0:{ports['health']}"
    assert config["METRICS_ADDRESS"] == f"0.0.0.0:{ports['metrics']}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert pod["containers"][0][probe]["grpc"]["port"] == ports["health"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_understands_every_setting_that_it_is_given(name: str) -> None:
    package = name.replace("-", "_")
    fields = importlib.import_module(f"{package}.settings").Settings.model_fields
    given = set(the("ConfigMap", name)["data"])
    for workload, pod in pods():
        if workload.startswith(name):
            given |= {each["name"] for each in pod["containers"][0].get("env", ())}

    assert given <= {field.upper() for field in fields}


@pytest.mark.parametrize("name", SERVICES)
def test_there_is_time_to_drain_before_the_kill(name: str) -> None:
    pod = the("Deployment", name)["spec"]["template"]["spec"]
    pause = float(pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][1])
    drain = float(the("ConfigMap", name)["data"]["DRAIN_SECONDS"])

    assert pause + 2 * drain < pod["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", ["player-service", "navigation-service"])
def test_migrations_run_with_the_image_and_settings_of_their_service(name: str) -> None:
    job = the("Job", f"{name}-migrate")["spec"]["template"]["spec"]["containers"][0]
    serving = the("Deployment", name)["spec"]["template"]["spec"]["containers"][0]

    assert job["args"] == ["migrate"]
    assert (job["image"], job["envFrom"], job["env"]) == (serving["image"], serving["envFrom"], serving["env"])
