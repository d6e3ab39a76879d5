"""`python -m routing_service` serves.

`python -m routing_service compile` compiles the search kernels and stores them, so that later starts on this machine,
or from this image, need not.
"""

import sys

from routing_service import bootstrap
from routing_service.settings import Settings, SettingsError


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments == ["compile"]:
        return bootstrap.compile_kernels()
    if arguments:
        print(f"unknown arguments {' '.join(arguments)}\n{__doc__}", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print("cannot start, as these variables of the environment are wrong:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault}", file=sys.stderr)
        return 2
    return bootstrap.serve(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
