"""Nothing of a single machine, and no secret, is in a tracked file."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written so that this file does not match itself.
LEFTOVERS = {
    "a path of one machine": re.compile(rb"(?<![\w.~}-])/(?:root|work|home/[a-z][\w-]*|Users/\w+)/[\w.-]"),
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY" + rb"-----"),
    "a JSON web token": re.compile(rb"\beyJ[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}"),
    "credentials in an address": re.compile(rb"https?://(?!user:password@)[^\s/:@\"'{}<>]+:[^\s/:@\"'{}<>]+@"),
}
# Keys that are public on purpose, and say so.
TEST_KEYS = "deploy/kubernetes/components/test-certificates/"
IN_LOCKS = {"a registry's address": re.compile(rb"https?://|file://|--(?:extra-)?index-url|--find-links")}


def leftovers(path: str, content: bytes) -> Iterator[str]:
    """What should not be in a file of this name, in words, with the line."""
    patterns = LEFTOVERS | IN_LOCKS if path.endswith(".lock") else LEFTOVERS
    for what, pattern in patterns.items():
        if what == "a private key" and path.startswith(TEST_KEYS):
            continue
        for match in pattern.finditer(content):
            line = content.count(b"\n", 0, match.start()) + 1
            yield f"{path}:{line} holds {what}"


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    return [path for path in listed.stdout.decode().split("\0") if path and (ROOT / path).is_file()]


def test_no_tracked_file_holds_a_leftover() -> None:
    assert [found for path in tracked() for found in leftovers(path, (ROOT / path).read_bytes())] == []


@pytest.mark.parametrize(
    ("path", "content", "found"),
    [
        ("README.md", b"run it in /ro" + b"ot/checkout", "README.md:1 holds a path of one machine"),
        ("a.py", b"x = 1\nROOT = '/ho" + b"me/ada/code'", "a.py:2 holds a path of one machine"),
        ("key.pem", b"-----BEGIN EC " + b"PRIVATE KEY-----", "key.pem:1 holds a private key"),
        ("a.py", b"T = 'eyJ" + b".".join([b"a" * 30] * 3) + b"'", "a.py:1 holds a JSON web token"),
        ("x.lock", b"--index-url https" + b"://mirror.example", "x.lock:1 holds a registry's address"),
        ("ci.yml", b"https" + b"://bot:hunter2@git.example/x", "ci.yml:1 holds credentials in an address"),
    ],
)
def test_finds_a_leftover(path: str, content: bytes, found: str) -> None:
    assert found in list(leftovers(path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"https://api.spacetraders.io/v2",
        b"/v2/my/ships",
        b"COPY x /t" + b"mp/x",
        b"${HOME}/wo" + b"rk/x",
        b"a/ro" + b"ot/b",
    ],
)
def test_leaves_ordinary_text_alone(content: bytes) -> None:
    assert list(leftovers("deploy/x.yaml", content)) == []
