"""`python -m navigation_service` serves; `python -m navigation_service migrate` brings the database's schema
up to date.
"""

import sys

from navigation_service import bootstrap
from navigation_service.settings import Settings, SettingsError


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments not in ([], ["migrate"]):
        print(f"unknown arguments {' '.join(arguments)}; {__doc__}", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print("cannot start, as these variables of the environment are wrong:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault}", file=sys.stderr)
        return 2
    return bootstrap.run_migrations(settings) if arguments else bootstrap.serve(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
