"""Plants import violations into a small tree, one after the other, and prints as JSON which contracts each one breaks.

A program of its own, since the tree's packages have the names of the real ones:

    python -I lint_plants.py TREE PYPROJECT < plants.json

`plants.json` is a list of [file, line of code]; the answer is a list of lists of contract ids, the first for the tree
as it stands.
"""

import contextlib
import io
import json
import sys
from pathlib import Path

from importlinter import api
from importlinter.application import use_cases


def broken_contracts(pyproject: str) -> list[str]:
    """The ids of the contracts that the packages on `sys.path` break."""
    options = api.read_configuration(pyproject)
    with contextlib.redirect_stdout(io.StringIO()):
        use_cases._register_built_in_contract_types()
        report = use_cases.create_report(use_cases.read_user_options(pyproject), cache_dir=None)
    if report.could_not_run:
        raise ValueError(f"contracts with invalid options: {report.invalid_contract_options}")
    ids = {contract["name"]: contract["id"] for contract in options["contracts_options"]}
    return sorted(ids[contract.name] for contract, check in report.get_contracts_and_checks() if not check.kept)


def main(tree: Path, pyproject: str) -> None:
    sys.path.insert(0, str(tree))
    answers = [broken_contracts(pyproject)]
    for file, line in json.load(sys.stdin):
        path = tree / file
        original = path.read_text() if path.exists() else None
        path.write_text(f"{original or ''}\n{line}\n")
        answers.append(broken_contracts(pyproject))
        path.unlink() if original is None else path.write_text(original)
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
