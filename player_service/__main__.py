"""`python -m player_service` serves; `python -m player_service migrate` brings the database's schema up to date, and
`python -m player_service reseal` seals all kept tokens under the first of TOKEN_ENCRYPTION_KEYS.
"""

import sys

from player_service import bootstrap
from player_service.settings import Settings, SettingsError


def main(arguments: list[str]) -> int:
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    if arguments not in ([], ["migrate"], ["reseal"]):
        print(f"unknown arguments {' '.join(arguments)}; {__doc__}", file=sys.stderr)
        return 2
    try:
        settings = Settings.from_env()
    except SettingsError as error:
        print("cannot start, as these variables of the environment are wrong:", file=sys.stderr)
        for fault in error.faults:
            print(f"  {fault}", file=sys.stderr)
        return 2
    match arguments:
        case ["migrate"]:
            return bootstrap.run_migrations(settings)
        case ["reseal"]:
            return bootstrap.run_resealing(settings)
        case _:
            return bootstrap.serve(settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
