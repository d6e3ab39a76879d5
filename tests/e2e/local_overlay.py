"""The pods of the overlay `local` as processes of this machine: their own files, arguments and environments, with the
addresses, folders and database of this machine in place of the cluster's.
"""

import base64
import os
import re
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.e2e.image_tree import ImageTree
from tests.e2e.stack import eventually
from tests.fakes.free_ports import free_port
from tests.fakes.rendered_manifests import Manifest, of_kind, the

OVERLAY = "local"
SERVICES = ("player-service", "navigation-service", "routing-service")
_CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class LocalOverlay:
    """`socket_directory` is where PostgreSQL listens."""

    def __init__(self, directory: Path, socket_directory: str) -> None:
        self._directory = directory
        self._socket_directory = socket_directory
        self._ports: dict[str, int] = {}
        self._images: dict[str, ImageTree] = {}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, kind: str, name: str) -> subprocess.Popen[bytes]:
        """Start a workload's container by its image's entry point."""
        container = self._container(kind, name)
        arguments = [self._here(name, each) for each in container.get("args", ())]
        with (self._directory / f"{name}.log").open("ab") as log:
            process = self._image(container).start(arguments, self.environment(kind, name), log)
        self._processes[name] = process
        return process

    def run_command(self, kind: str, name: str, seconds: float) -> str:
        """Run a workload's own command, with the command line at hand, to its end; what it says."""
        container = self._container(kind, name)
        image, programs = self._image(container), self._directory / "bin"
        programs.mkdir()
        (programs / "spacetraders").write_text(f'#!/bin/sh\nexec {" ".join(image.python)} -m cli "$@"\n')
        (programs / "spacetraders").chmod(0o755)
        environment = image.environment() | self.environment(kind, name)
        environment["PATH"] = f"{programs}{os.pathsep}{environment['PATH']}"
        ran = subprocess.run(
            container["command"], env=environment, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert ran.returncode == 0, f"{ran.stdout}\n{ran.stderr}\n{self.logs()}"
        return ran.stdout

    def wait_until_serving(self, name: str, seconds: float) -> None:
        eventually(partial(self._serves, name), seconds, f"{name} serves", self.logs)

    def serves(self, name: str) -> bool:
        try:
            return self._serves(name)
        except grpc.RpcError:
            return False

    def cpu_seconds(self, name: str) -> float:
        """What a process and its children have taken so far; Linux alone tells."""
        pids = [self._processes[name].pid]
        for pid in pids:
            pids += map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        stats = (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids)
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / _CLOCK_TICKS

    def environment(self, kind: str, name: str) -> dict[str, str]:
        """What the kubelet would give a workload's container."""
        container = self._container(kind, name)
        values: dict[str, str] = {}
        for source in container.get("envFrom", ()):
            values |= the(OVERLAY, "ConfigMap", source["configMapRef"]["name"])["data"]
        for variable in container.get("env", ()):
            values[variable["name"]] = variable.get("value") or _value(container, variable["valueFrom"])
        return {key: self._here(name, value) for key, value in values.items()}

    def stop(self) -> dict[str, int]:
        """End every process as a kubelet would; the exit codes."""
        for process in self._processes.values():
            process.terminate()
        return {name: process.wait(timeout=90) for name, process in self._processes.items()}

    def kill(self) -> None:
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
                process.wait()

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text()[-3000:]}" for path in self._directory.glob("*.log"))

    def _container(self, kind: str, name: str) -> Manifest:
        pod = the(OVERLAY, kind, name)["spec"]["template"]["spec"]
        container: Manifest = pod["containers"][0]
        return container

    def _image(self, container: Manifest) -> ImageTree:
        program = container["image"].partition(":")[0].replace("-", "_")
        if program not in self._images:
            self._images[program] = ImageTree(program, self._folder(program))
        return self._images[program]

    def _here(self, workload: str, value: str) -> str:
        """The same on this machine."""
        if value == "/data":
            return str(self._folder(f"{workload}-data"))
        if value.startswith("/etc/fleet/tls/"):
            return str(self._tls(workload) / Path(value).name)
        if value.startswith("postgresql://"):
            return value.replace("@postgres/", "@/") + f"?host={self._socket_directory}"
        value = re.sub(r"\b([a-z-]+):(\d{4,5})\b", lambda found: f"localhost:{self._port(found[1], found[2])}", value)
        value = re.sub(r"\b0\.0\.0\.0:(\d+)", lambda found: f"0.0.0.0:{self._port(workload, found[1])}", value)
        return str(self._port(workload, value)) if value == "8080" else value

    def _port(self, host: str, port: str) -> int:
        return self._ports.setdefault(f"{host}:{port}", free_port())

    def _tls(self, workload: str) -> Path:
        owner = workload if workload in SERVICES else "operator"
        folder = self._folder(f"{owner}-tls")
        for name, content in the(OVERLAY, "Secret", f"{owner}-tls")["data"].items():
            # Once, as a process may be reading it.
            if not (folder / name).exists():
                (folder / name).write_bytes(base64.b64decode(content))
        return folder

    def _folder(self, name: str) -> Path:
        folder = self._directory / name
        folder.mkdir(exist_ok=True)
        return folder

    def _serves(self, name: str) -> bool:
        assert self._processes[name].poll() is None, f"{name} ended\n{self.logs()}"
        port = self.environment("Deployment", name)["HEALTH_ADDRESS"].rpartition(":")[2]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub: Any = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(), timeout=2)
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def database_passwords() -> dict[str, str]:
    """What the pod of PostgreSQL gets in its environment."""
    (pod,) = (each["spec"]["template"]["spec"] for each in of_kind(OVERLAY, "StatefulSet"))
    return {each["name"]: _value({}, each["valueFrom"]) for each in pod["containers"][0]["env"] if "valueFrom" in each}


def _value(container: Manifest, source: Mapping[str, Mapping[str, str]]) -> str:
    if "resourceFieldRef" in source:
        return str(container["resources"]["limits"][source["resourceFieldRef"]["resource"].removeprefix("limits.")])
    secret = the(OVERLAY, "Secret", source["secretKeyRef"]["name"])["data"]
    return base64.b64decode(secret[source["secretKeyRef"]["key"]]).decode()
