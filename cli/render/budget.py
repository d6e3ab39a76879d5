"""The game's request budget: what is in use, of how much, by whom."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from cli.render.tables import sheet, table
from cli.render.text import moment_text, plain, seconds_until
from protos.navigation.v1.navigation_service_pb2 import GetGameBudgetResponse


def budget_view(budget: GetGameBudgetResponse, now: datetime) -> Iterator[RenderableType]:
    yield sheet([("used", _used_text(budget)), ("paused", _paused_text(budget, now))])
    if budget.players:
        yield ""
        busiest_first = sorted(budget.players, key=lambda player: (-player.requests_last_minute, player.agent_symbol))
        yield table(
            ("AGENT", "REQUESTS IN THE LAST MINUTE"),
            [(plain(player.agent_symbol), str(player.requests_last_minute)) for player in busiest_first],
            right=("REQUESTS IN THE LAST MINUTE",),
        )
    if _is_paused(budget, now):
        yield Text("The game asked for a pause: voyages wait, and fly on by themselves.", style="yellow")


def _used_text(budget: GetGameBudgetResponse) -> str:
    if not budget.limit_per_minute:
        return f"{budget.requests_last_minute} in the last minute, no limit set"
    share = budget.requests_last_minute / budget.limit_per_minute
    return f"{budget.requests_last_minute} of {budget.limit_per_minute} in the last minute ({share:.0%})"


def _paused_text(budget: GetGameBudgetResponse, now: datetime) -> str:
    return f"until {moment_text(budget.paused_until, now)}" if _is_paused(budget, now) else "no"


def _is_paused(budget: GetGameBudgetResponse, now: datetime) -> bool:
    return bool(budget.paused_until.ByteSize()) and seconds_until(budget.paused_until, now) > 0
