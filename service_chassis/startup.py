"""What ends the start of a process."""


class StartupError(Exception):
    """The process cannot start; the message tells its operator what to do."""
