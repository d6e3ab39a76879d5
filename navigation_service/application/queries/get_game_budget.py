"""How much of the game's request limit is in use."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from navigation_service.application.ports import RequestBudget
from pymediatr import Query, RequestHandler
from shared_kernel.clock import Clock


@dataclass(frozen=True)
class GameBudget:
    """`limit_per_minute` is 0 where there is no limit; `paused_until` is None unless the game asked for a pause."""

    requests_last_minute: int
    limit_per_minute: int
    paused_until: datetime | None
    by_agent: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class GetGameBudgetQuery(Query[GameBudget]):
    pass


class GetGameBudgetHandler(RequestHandler[GetGameBudgetQuery, GameBudget]):
    def __init__(self, budget: RequestBudget, clock: Clock) -> None:
        self._budget = budget
        self._clock = clock

    async def handle(self, request: GetGameBudgetQuery) -> GameBudget:
        """Agents by their requests, the busiest first."""
        use = await self._budget.use()
        paused_until = self._clock.now() + timedelta(seconds=use.paused_for) if use.paused_for > 0 else None
        busiest = sorted(use.by_agent.items(), key=lambda item: (-item[1], item[0]))
        return GameBudget(use.requests_last_minute, use.limit_per_minute, paused_until, tuple(busiest))
