"""The generated code that is committed is what the .proto files generate."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    """The program protos/generate.py, as a module."""
    spec = importlib.util.spec_from_file_location("generate_protos", ROOT / "protos/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_committed_code_is_up_to_date(generate: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    assert generate.main(["--check"]) == 0, capfd.readouterr().err


@pytest.mark.parametrize(
    ("fresh", "committed", "difference"),
    [
        ("new", "old", ["protos/x_pb2.py: stale"]),
        ("new", None, ["protos/x_pb2.py: missing"]),
        (None, "old", ["protos/x_pb2.py: orphaned: no .proto file generates it"]),
        ("same", "same", []),
    ],
)
def test_finds_what_is_out_of_date(
    generate: ModuleType, tmp_path: Path, fresh: str | None, committed: str | None, difference: list[str]
) -> None:
    for tree, content in (("fresh", fresh), ("committed", committed)):
        (tmp_path / tree / "protos").mkdir(parents=True)
        if content is not None:
            (tmp_path / tree / "protos/x_pb2.py").write_text(content)

    assert generate.differences(tmp_path / "fresh", tmp_path / "committed") == difference


def test_says_why_a_proto_does_not_compile(
    generate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "protos").mkdir()
    (tmp_path / "protos/broken.proto").write_text('syntax = "proto3"; message {')
    monkeypatch.setattr(generate, "ROOT", tmp_path)

    with pytest.raises(SystemExit, match=r"broken\.proto:1:\d+: Expected message name"):
        generate.generate(tmp_path)
