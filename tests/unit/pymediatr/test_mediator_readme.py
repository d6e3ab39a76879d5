"""The README's example is a program, and prints what the README says."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_example_prints_what_the_readme_says() -> None:
    readme = (ROOT / "pymediatr/README.md").read_text()
    example = readme.split("```python\n")[1].split("```")[0]
    promised = readme.split("```text\n")[1].split("```")[0]

    ran = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=True, cwd=ROOT)

    assert ran.stdout == promised
