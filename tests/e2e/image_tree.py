"""What an image holds, put together without a container engine: the files that the Dockerfile copies, and the packages
of the lock alone, both read-only.
"""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/docker/Dockerfile").read_text()
# Kernels are taken from this machine's, so they are for its processor.
_NOT_HERE = ("PATH", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES")
# Root would write to read-only files all the same: PR_CAPBSET_DROP of CAP_DAC_OVERRIDE. A program of its own does it:
# a fork of a process that speaks gRPC (preexec_fn makes one) may die of gRPC's threads before it becomes another one.
_MIND_PERMISSIONS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class ImageTree:
    """The image of `program` under `directory`."""

    def __init__(self, program: str, directory: Path) -> None:
        self.program = program
        self._app, self._site = directory / "app", directory / "site-packages"
        self._kernels = directory / "kernels"
        self._copy_sources()
        self._link_packages()
        if program == "routing_service":
            self._copy_kernels()
        for path in [directory, *self._app.rglob("*"), *self._kernels.rglob("*"), self._app, self._site]:
            path.chmod(path.stat().st_mode & ~0o222)

    def start(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        """Run it as the entry point would, with no more than `environment` and what the image itself sets."""
        return subprocess.Popen(
            [*_minding_permissions(), *self.python, "-m", self.program, *arguments],
            env={**self.environment(), **environment},
            cwd=self._app,
            stdout=output,
            stderr=output,
        )

    @property
    def python(self) -> list[str]:
        """Without `site`, which would find the repository itself beside the packages."""
        return [sys.executable, "-S"]

    def environment(self) -> dict[str, str]:
        settings = re.findall(r"\b([A-Z_]+)=(\S*)", DOCKERFILE.rpartition("FROM python")[2])
        own = {name: value.replace("${SERVICE}", self.program) for name, value in settings if name not in _NOT_HERE}
        return own | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{self._app}{os.pathsep}{self._site}",
            "NUMBA_CACHE_DIR": str(self._kernels),
        }

    def _copy_sources(self) -> None:
        copied = re.findall(r"^COPY (\S+) /opt/fleet/app/", DOCKERFILE, re.MULTILINE)
        removed = re.findall(rf"^ +{self.program}\) for other in ([\w ]+); do rm", DOCKERFILE, re.MULTILINE)
        left_out = [
            line.removeprefix("**/")
            for line in (ROOT / ".dockerignore").read_text().splitlines()
            if line.startswith("**/")
        ]
        for source in (name.replace("${SERVICE}", self.program) for name in copied):
            if source not in " ".join(removed).split():
                shutil.copytree(ROOT / source, self._app / source, ignore=shutil.ignore_patterns(*left_out))

    def _link_packages(self) -> None:
        self._site.mkdir()
        lock = (ROOT / f"deploy/docker/{self.program}.lock").read_text()
        for name in re.findall(r"^([a-z0-9._-]+)==", lock, re.MULTILINE):
            try:
                distribution = importlib.metadata.distribution(name)
            except importlib.metadata.PackageNotFoundError:
                # For another platform.
                continue
            for part in {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}:
                link = self._site / part
                if not link.exists():
                    link.symlink_to(str(distribution.locate_file(part)))

    def _copy_kernels(self) -> None:
        """Compiled while the tests' environment was set up, as they are while an image is built."""
        from numba.core.caching import UserProvidedCacheLocator

        subpath: Callable[[str], str] = UserProvidedCacheLocator.get_suitable_cache_subpath
        for kernel in (ROOT / self.program).rglob("__pycache__/*.nb?"):
            beside = self._app / kernel.parent.parent.relative_to(ROOT) / "any.py"
            place = self._kernels / subpath(str(beside))
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(kernel, place)


def _minding_permissions() -> list[str]:
    """What a command begins with, to be run so."""
    is_root = sys.platform == "linux" and os.geteuid() == 0
    return [sys.executable, "-S", "-c", _MIND_PERMISSIONS] if is_root else []
