"""A request budget that never runs out, and minds that every permit ends once."""

from navigation_service.application.ports import BudgetUse, Urgency
from navigation_service.domain.errors import GameBudgetExhaustedError


class FakePermit:
    """Satisfies Permit. `state` is OPEN, SPENT or GIVEN_BACK."""

    def __init__(self) -> None:
        self.state = "OPEN"

    def spend(self, agent_symbol: str) -> None:
        if self.state != "OPEN":
            raise AssertionError(f"a permit was spent that is {self.state}")
        self.state = "SPENT"

    def give_back(self) -> None:
        if self.state == "OPEN":
            self.state = "GIVEN_BACK"


class FakeBudget:
    """Satisfies RequestBudget. `exhausted_for` makes it refuse, `permits` and `urgencies` tell what was drawn."""

    def __init__(self) -> None:
        self.exhausted_for: float | None = None
        self.permits: list[FakePermit] = []
        self.urgencies: list[Urgency] = []
        self.pauses: list[float] = []

    @property
    def open_permits(self) -> int:
        """Permits that are neither spent nor given back: 0 whenever nobody is at work."""
        return sum(permit.state == "OPEN" for permit in self.permits)

    async def acquire(self, urgency: Urgency, agent_symbol: str = "") -> FakePermit:
        if self.exhausted_for is not None:
            raise GameBudgetExhaustedError("the request limit is used up", retry_after=self.exhausted_for)
        self.urgencies.append(urgency)
        self.permits.append(FakePermit())
        return self.permits[-1]

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)

    async def use(self) -> BudgetUse:
        return BudgetUse(len(self.permits), 134, sum(self.pauses), {"ACE": len(self.permits)})
