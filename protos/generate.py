"""Generates the Python code beside the .proto files, or checks that what is committed is what they generate.

    python protos/generate.py            writes *_pb2.py, *_pb2.pyi, *_pb2_grpc.py and *_pb2_grpc.pyi
    python protos/generate.py --check    writes nothing; names every stale, missing or orphaned file, ends with status 1

Compiled from the repository's root, so that the generated imports read `protos.routing.v1`. The generated code embeds
the version of grpcio-tools, which is pinned together with grpcio.
"""

import argparse
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GENERATED = ("*_pb2.py", "*_pb2.pyi", "*_pb2_grpc.py", "*_pb2_grpc.pyi")


def generate(into: Path) -> None:
    """Compiles every .proto file of this folder below `into`. Ends the program if the compiler refuses one."""
    protos = sorted((ROOT / "protos").rglob("*.proto"))
    _compile(protos, ("python", "mypy"), into)
    _compile([proto for proto in protos if _has_service(proto)], ("grpc_python", "mypy_grpc"), into)


def _has_service(proto: Path) -> bool:
    # A file without a service would get a stub module with nothing in it.
    return re.search(r"^service\s", proto.read_text(), re.MULTILINE) is not None


def _compile(protos: list[Path], plugins: Iterable[str], into: Path) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    command = [
        *(sys.executable, "-m", "grpc_tools.protoc", "-I", "."),
        f"--plugin=protoc-gen-mypy={scripts / 'protoc-gen-mypy'}",
        f"--plugin=protoc-gen-mypy_grpc={scripts / 'protoc-gen-mypy_grpc'}",
        *(f"--{plugin}_out={into}" for plugin in plugins),
        *(str(proto.relative_to(ROOT)) for proto in protos),
    ]
    compiled = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)  # noqa: S603  # our own
    if compiled.returncode:
        sys.exit(f"the .proto files do not compile:\n{compiled.stdout}{compiled.stderr}")


def differences(fresh: Path, committed: Path) -> list[str]:
    """What differs between two trees' generated files: their paths with what is wrong, in order."""
    wanted, present = dict(_contents(fresh)), dict(_contents(committed))
    found = dict.fromkeys(wanted.keys() - present.keys(), "missing")
    found |= dict.fromkeys(present.keys() - wanted.keys(), "orphaned: no .proto file generates it")
    found |= {path: "stale" for path in wanted.keys() & present.keys() if wanted[path] != present[path]}
    return [f"{path}: {wrong}" for path, wrong in sorted(found.items())]


def _contents(tree: Path) -> Iterator[tuple[str, bytes]]:
    for pattern in GENERATED:
        for path in (tree / "protos").rglob(pattern):
            yield path.relative_to(tree).as_posix(), path.read_bytes()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Generates the Python code beside the .proto files.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the committed code is stale")
    if not parser.parse_args(arguments).check:
        generate(ROOT)
        return 0
    with tempfile.TemporaryDirectory() as fresh:
        generate(Path(fresh))
        found = differences(Path(fresh), ROOT)
    for difference in found:
        print(difference, file=sys.stderr)
    if found:
        print("run `python protos/generate.py` and commit the result", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
