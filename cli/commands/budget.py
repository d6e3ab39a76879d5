"""`spacetraders budget`: how much of the game's request limit is in use, and by whom."""

from datetime import UTC, datetime
from functools import partial

from cli.options import DEFAULT_NAVIGATION_ADDRESS, NavigationAddress, Output
from cli.running import run
from cli.terminal import Terminal


def budget(output: Output = None, navigation: NavigationAddress = DEFAULT_NAVIGATION_ADDRESS) -> None:
    """Requests of the last minute against the game's limit, for each player, and whether the game asked for a pause."""
    terminal = Terminal(output)
    response = run(lambda fleet: fleet.navigation.game_budget(), terminal, navigation=navigation)
    from cli.render.budget import budget_view

    terminal.answer(response, partial(budget_view, now=datetime.now(UTC)))
