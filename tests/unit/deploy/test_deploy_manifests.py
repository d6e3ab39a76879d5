"""What the overlays send to a cluster is valid, complete, least-privileged, and says only what the services know."""

import base64
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.rendered_manifests import KUBERNETES, Manifest, containers, of_kind, pods, rendered, selects, the

OVERLAYS = ("local", "production")
SERVICES = {"player-service": 50051, "navigation-service": 50052, "routing-service": 50053}
PODS = [pytest.param(overlay, name, pod, id=f"{overlay}-{name}") for overlay in OVERLAYS for name, pod in pods(overlay)]
# As docs/operations.md promises.
OLDEST_KUBERNETES = "1.27.0"
IN_BOTH = pytest.mark.parametrize("overlay", OVERLAYS)
FOR_EACH_SERVICE = pytest.mark.parametrize("name", SERVICES)
# What docs/operations.md asks people to make before they apply the overlay `production`.
PRODUCTION_SECRETS = {
    "navigation-service": {"database-url"},
    "player-service": {"database-url", "token-encryption-keys"},
    "navigation-service-tls": {"ca.crt", "tls.crt", "tls.key"},
    "player-service-tls": {"ca.crt", "tls.crt", "tls.key"},
    "routing-service-tls": {"ca.crt", "tls.crt", "tls.key"},
}


def serving(overlay: str, name: str) -> tuple[Manifest, dict[str, str]]:
    """A service's container, and what its ConfigMap says."""
    pod = the(overlay, "Deployment", name)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (source,) = container["envFrom"]
    return container, the(overlay, "ConfigMap", source["configMapRef"]["name"])["data"]


def validated(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", "--no-warn", *options, str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@IN_BOTH
def test_everything_passes_the_strict_schema_and_a_misspelt_field_does_not(overlay: str, tmp_path: Path) -> None:
    good, misspelt = tmp_path / "good.yaml", tmp_path / "misspelt.yaml"
    good.write_text(yaml.safe_dump_all(rendered(overlay)))
    misspelt.write_text(good.read_text().replace("minReadySeconds:", "minReadySecondz:"))

    result = validated(good)

    assert result.returncode == 0, result.stdout + result.stderr
    assert validated(misspelt).returncode != 0


@IN_BOTH
def test_the_oldest_cluster_that_we_promise_knows_every_field(overlay: str, tmp_path: Path) -> None:
    manifests = tmp_path / "manifests.yaml"
    manifests.write_text(yaml.safe_dump_all(rendered(overlay)))

    result = validated(manifests, "--kubernetes-version", OLDEST_KUBERNETES)

    assert result.returncode == 0, result.stdout + result.stderr


def test_every_file_is_used() -> None:
    for kustomization in KUBERNETES.rglob("kustomization.yaml"):
        said = kustomization.read_text()
        for file in kustomization.parent.rglob("*"):
            name = str(file.relative_to(kustomization.parent))
            assert file.is_dir() or file == kustomization or name in said, file
    used = yaml.safe_load((KUBERNETES / "overlays/local/kustomization.yaml").read_text())["components"]
    assert {Path(each).name for each in used} == {each.name for each in (KUBERNETES / "components").iterdir()}


@pytest.mark.parametrize(("overlay", "name", "pod"), PODS)
def test_a_pod_may_do_as_little_as_possible(overlay: str, name: str, pod: Manifest) -> None:
    spec = pod["spec"]

    assert spec["automountServiceAccountToken"] is False
    assert the(overlay, "ServiceAccount", spec["serviceAccountName"])["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["runAsUser"] > 0
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]


@pytest.mark.parametrize(("overlay", "name", "pod"), PODS)
def test_images_are_pinned_and_not_pulled_again_and_again(overlay: str, name: str, pod: Manifest) -> None:
    for container in containers(pod):
        tag = container["image"].rpartition("/")[2].partition(":")[2]
        assert tag not in ("", "latest")
        assert container["imagePullPolicy"] == "IfNotPresent"


@IN_BOTH
@FOR_EACH_SERVICE
def test_a_service_is_reached_and_probed_where_it_listens(overlay: str, name: str) -> None:
    container, config = serving(overlay, name)
    service = the(overlay, "Service", name)["spec"]
    ports = {each["name"]: each["containerPort"] for each in container["ports"]}

    assert (service["clusterIP"], service["publishNotReadyAddresses"]) == ("None", False)
    assert [each["port"] for each in service["ports"]] == [ports["grpc"]] == [SERVICES[name]]
    assert config["LISTEN_ADDRESS"] == f"0.0.0.0:{ports['grpc']}"
    assert config["HEALTH_ADDRESS"] == f"0.0.0.0:{ports['health']}"
    assert config["METRICS_ADDRESS"] == f"0.0.0.0:{ports['metrics']}"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe]["grpc"]["port"] == ports["health"]


@IN_BOTH
@FOR_EACH_SERVICE
def test_a_service_understands_every_setting_that_it_is_given(overlay: str, name: str) -> None:
    fields = importlib.import_module(f"{name.replace('-', '_')}.settings").Settings.model_fields
    container, config = serving(overlay, name)
    given = config.keys() | {each["name"] for each in container.get("env", ())}

    assert given <= {field.upper() for field in fields}


@IN_BOTH
@FOR_EACH_SERVICE
def test_a_service_speaks_tls_with_files_that_are_mounted_where_they_may_change(overlay: str, name: str) -> None:
    container, config = serving(overlay, name)
    mounts = {each["name"]: each for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in the(overlay, "Deployment", name)["spec"]["template"]["spec"]["volumes"]}

    files = {key: config[key] for key in ("TLS_CA_FILE", "TLS_CERT_FILE", "TLS_KEY_FILE")}

    assert {Path(file).parent for file in files.values()} == {Path(mounts["tls"]["mountPath"])}
    assert {Path(file).name for file in files.values()} == {"ca.crt", "tls.crt", "tls.key"}
    assert "subPath" not in mounts["tls"]
    assert volumes["tls"]["secret"]["secretName"] == f"{name}-tls"


@IN_BOTH
@FOR_EACH_SERVICE
def test_an_old_replica_serves_until_every_client_may_know_a_new_one_and_then_has_time_to_drain(
    overlay: str, name: str
) -> None:
    spec = the(overlay, "Deployment", name)["spec"]
    container, config = serving(overlay, name)
    pause, drain = float(container["lifecycle"]["preStop"]["exec"]["command"][1]), float(config["DRAIN_SECONDS"])

    assert spec["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    # As long as cluster DNS caches answers.
    assert pause > 30
    assert pause + 2 * drain < spec["template"]["spec"]["terminationGracePeriodSeconds"]
    assert the(overlay, "PodDisruptionBudget", name)["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("name", ["player-service", "navigation-service"])
@IN_BOTH
def test_migrations_run_with_the_image_and_database_of_their_service_under_the_versions_name(
    overlay: str, name: str
) -> None:
    job = the(overlay, "Job", f"{name}-migrate")
    (migrating,) = job["spec"]["template"]["spec"]["containers"]
    container, _ = serving(overlay, name)

    assert migrating["args"] == ["migrate"]
    assert (migrating["image"], migrating["env"]) == (container["image"], container["env"])
    assert job["metadata"]["name"] == f"{name}-migrate-{container['image'].rpartition(':')[2]}"


def test_whoever_asks_for_postgres_says_as_whom_since_users_of_pods_have_no_names() -> None:
    probes = ("startupProbe", "readinessProbe", "livenessProbe")
    every = [container for _, pod in pods("local") for container in containers(pod)]
    commands = [each.get("command", ()) for each in every]
    commands += [each[probe]["exec"]["command"] for each in every for probe in probes if "exec" in each.get(probe, {})]
    asking = [line for line in (" ".join(command) for command in commands) if "pg_isready" in line]

    assert len(asking) == 5
    assert all(" -U postgres" in line for line in asking), asking


@IN_BOTH
def test_whatever_a_pod_refers_to_is_there(overlay: str) -> None:
    known: dict[tuple[str, str], set[str]] = {
        (each["kind"], each["metadata"]["name"]): {*each.get("data", ()), *each.get("stringData", ())}
        for each in of_kind(overlay, "ConfigMap", "Secret")
    }
    if overlay == "production":
        assert not of_kind(overlay, "Secret")
        known |= {("Secret", name): keys for name, keys in PRODUCTION_SECRETS.items()}

    for name, pod in pods(overlay):
        for kind, referred, key in references(pod["spec"]):
            assert (kind, referred) in known, name
            assert key is None or key in known[kind, referred], name


def references(spec: Manifest) -> list[tuple[str, str, str | None]]:
    found: list[tuple[str, str, str | None]] = []
    for volume in spec.get("volumes", ()):
        if "secret" in volume:
            found.append(("Secret", volume["secret"]["secretName"], None))
        if "configMap" in volume:
            found.append(("ConfigMap", volume["configMap"]["name"], None))
    for container in [*spec.get("initContainers", ()), *spec["containers"]]:
        found += [("ConfigMap", each["configMapRef"]["name"], None) for each in container.get("envFrom", ())]
        for variable in container.get("env", ()):
            source: dict[str, Any] = variable.get("valueFrom", {}).get("secretKeyRef")
            if source:
                found.append(("Secret", source["name"], source["key"]))
        mounted = {each["name"] for each in container["volumeMounts"]} if "volumeMounts" in container else set()
        assert mounted <= {each["name"] for each in spec.get("volumes", ())}
    return found


def test_people_are_told_which_secrets_to_make() -> None:
    told = (KUBERNETES.parents[1] / "docs/operations.md").read_text()

    for name, keys in PRODUCTION_SECRETS.items():
        assert f"`{name}`" in told
        assert all(f"`{key}`" in told for key in keys)


@IN_BOTH
def test_every_selector_selects_something(overlay: str) -> None:
    labels = [pod["metadata"]["labels"] for _, pod in pods(overlay)]

    for each in of_kind(overlay, "Service"):
        assert any(each["spec"]["selector"].items() <= found.items() for found in labels), each["metadata"]["name"]
    for each in of_kind(overlay, "PodDisruptionBudget", "Deployment", "StatefulSet"):
        assert any(selects(each["spec"]["selector"], found) for found in labels), each["metadata"]["name"]
    waiting = [] if overlay == "local" else ["operator"]
    for each in of_kind(overlay, "NetworkPolicy"):
        matched = any(selects(each["spec"]["podSelector"], found) for found in labels)
        assert matched or each["metadata"]["name"] in waiting, each["metadata"]["name"]


@IN_BOTH
def test_routing_scales_by_the_cpu_that_it_asks_for_and_nothing_else_sets_its_replicas(overlay: str) -> None:
    scaler = the(overlay, "HorizontalPodAutoscaler", "routing-service")["spec"]
    scaled = the(overlay, scaler["scaleTargetRef"]["kind"], scaler["scaleTargetRef"]["name"])["spec"]

    (metric,) = scaler["metrics"]
    assert metric["resource"]["name"] == "cpu"
    assert "replicas" not in scaled
    assert scaler["minReplicas"] < scaler["maxReplicas"]
    workers = {each["name"]: each["valueFrom"] for each in scaled["template"]["spec"]["containers"][0]["env"]}
    assert workers == {"SOLVER_WORKERS": {"resourceFieldRef": {"resource": "limits.cpu"}}}


def test_secrets_that_are_committed_say_that_they_are_for_tests() -> None:
    for secret in of_kind("local", "Secret"):
        if secret["type"] == "kubernetes.io/tls":
            assert "spacetraders/test-only" in secret["metadata"]["annotations"]
            continue
        for key, value in secret["data"].items():
            text = base64.b64decode(value).decode()
            if key == "token-encryption-keys":
                text = base64.urlsafe_b64decode(text).decode()
            assert "test-only" in text
