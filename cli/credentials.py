"""Secrets from where they leave no trace: an option, the environment, standard input or a hidden prompt."""

import getpass
import sys

from cli.errors import wrong_usage

_FROM_STDIN = "-"


def read_agent_token(given: str | None) -> str:
    return _read_secret(given, "agent token", "--token", "SPACETRADERS_AGENT_TOKEN")


def read_account_token(given: str | None) -> str:
    return _read_secret(given, "account token", "--account-token", "SPACETRADERS_ACCOUNT_TOKEN")


def _read_secret(given: str | None, name: str, option: str, variable: str) -> str:
    """As given; from standard input for `-`; asked for on a terminal."""
    remedy = f"give `{option} -` and the {name} on standard input, or set {variable}"
    if given is not None and given != _FROM_STDIN:
        secret = given
    elif sys.stdin.isatty():
        secret = getpass.getpass(f"{name[0].upper()}{name[1:]}: ")
    elif given == _FROM_STDIN:
        secret = _first_line_of_stdin(name, remedy)
    else:
        raise wrong_usage(f"no {name} given", remedy)
    if not secret.strip():
        raise wrong_usage(f"the {name} is empty", remedy)
    return secret.strip()


def _first_line_of_stdin(name: str, remedy: str) -> str:
    try:
        line = sys.stdin.readline()
        # What Python could not decode, it may have let through as it was.
        line.encode()
        return line
    except UnicodeError as error:
        raise wrong_usage(f"the {name} on standard input is not text", remedy) from error
