"""Who holds which share of the game's request limit, in the database that all replicas have in common."""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, func, insert, literal, null, select, tuple_, update

from navigation_service.adapters.database_time import Moment, later_of, present
from navigation_service.adapters.request_shares import Share, ShareKey
from navigation_service.adapters.tables import (
    Instant,
    from_microseconds,
    request_pauses,
    request_replicas,
    request_shares,
    to_microseconds,
)
from service_chassis.database import Database
from shared_kernel.clock import Clock

# Counts are kept for slices of time; the last minute is the sum of its slices.
_SLICE_SECONDS = 5
_MINUTE = timedelta(seconds=60)
_LONG_AGO = from_microseconds(0)
# How long a replica that went short is remembered, unless it says so again.
_SHORT_SECONDS = 2.5


@dataclass(frozen=True)
class Request:
    """One exchange of a replica: what it hands back (with the seconds until each share is free), keeps, and wants.

    `wanted`: so many more shares. `recent`: its requests of the last minute, by seconds ago and agent.
    """

    give_back: Mapping[ShareKey, float] = field(default_factory=dict)
    keep: Collection[ShareKey] = ()
    wanted: int = 0
    pause_seconds: float = 0.0
    recent: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Grant:
    """`held`: the shares kept and drawn, for one lease from when this was asked for.

    `another_holds`: of the other replicas that lately went short, how many steady shares the one with the fewest has;
    None if none went short.
    """

    held: frozenset[ShareKey]
    paused_for: float
    another_holds: int | None


class BudgetLedger:
    """`shares` is the whole limit; an owner that has died keeps a share for `lease_seconds` and `call_seconds`."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        game_server: str,
        replica: str,
        shares: Mapping[ShareKey, Share],
        *,
        lease_seconds: float,
        call_seconds: float,
    ) -> None:
        self._database = database
        self._clock = clock
        self._game_server = game_server
        self._replica = replica
        self._shares = shares
        self._held_seconds = lease_seconds + call_seconds
        self._laid_out = False

    async def exchange(self, request: Request) -> Grant:
        """One short transaction."""
        async with self._database.transaction():
            now = await self._now()
            if not self._laid_out:
                await self._lay_out()
            for key, seconds in request.give_back.items():
                await self._give_back(key, now + timedelta(seconds=seconds))
            held = await self._renew(request.keep, now)
            another_holds = await self._fewest_of_others(now)
            drawn = await self._draw(request.wanted, _steady(held), another_holds, now)
            await self._pause(request.pause_seconds, now)
            short = len(drawn) < request.wanted
            await self._report(request.recent, _steady(held | drawn) if short else None, now)
            paused_until = await self._paused_until()
        # A database that was emptied or replaced under this process has no such row.
        self._laid_out = paused_until is not None
        paused_for = max(0.0, ((paused_until or now) - now).total_seconds())
        return Grant(frozenset(held | drawn), paused_for, another_holds)

    async def others(self) -> tuple[Counter[str], float]:
        """The requests of the last minute of all other replicas, by agent; for how long all are to wait."""
        table = request_replicas.c
        others = select(table.body).where(table.game_server == self._game_server, table.replica != self._replica)
        async with self._database.reading():
            now = await self._now()
            bodies = (await self._database.session.execute(others)).scalars().all()
            paused_until = await self._paused_until() or now
        counts: Counter[str] = Counter()
        for body in bodies:
            for number, by_agent in json.loads(body).items():
                if int(number) > _slice(now - _MINUTE):
                    counts.update(by_agent)
        return counts, max(0.0, (paused_until - now).total_seconds())

    async def _lay_out(self) -> None:
        """Every share, and the row of pauses, where there are none yet."""
        shares = [
            {"game_server": self._game_server, "pool": key.pool, "number": key.number, "free_at": _LONG_AGO}
            for key in sorted(self._shares)
        ]
        if shares:
            await self._database.session.execute(self._database.insert(request_shares).on_conflict_do_nothing(), shares)
        pauses = {"game_server": self._game_server, "paused_until": _LONG_AGO}
        await self._database.session.execute(
            self._database.insert(request_pauses).values(pauses).on_conflict_do_nothing()
        )

    async def _report(self, recent: Sequence[tuple[float, str]], short_holds: int | None, now: datetime) -> None:
        """What this replica asked of the game in the last minute, and whether it went short just now.

        Reports of replicas that are gone are forgotten.
        """
        slices: dict[int, Counter[str]] = {}
        for seconds, agent in recent:
            slices.setdefault(_slice(now - timedelta(seconds=seconds)), Counter())[agent] += 1
        until = _LONG_AGO if short_holds is None else now + timedelta(seconds=_SHORT_SECONDS)
        report = {
            "report_time": now,
            "short_until": until,
            "short_holds": short_holds or 0,
            "body": json.dumps(slices),
        }
        table = request_replicas.c
        mine = update(request_replicas).where(table.game_server == self._game_server, table.replica == self._replica)
        updated = mine.values(report).returning(table.replica)
        if (await self._database.session.execute(updated)).one_or_none() is not None:
            return
        old = (table.game_server == self._game_server, table.report_time < now - 5 * _MINUTE)
        await self._database.session.execute(delete(request_replicas).where(*old))
        row = {"game_server": self._game_server, "replica": self._replica} | report
        await self._database.session.execute(insert(request_replicas).values(row))

    async def _give_back(self, key: ShareKey, free_at: datetime) -> None:
        await self._database.session.execute(self._mine([key]).values(owner=null(), free_at=free_at))

    async def _renew(self, keep: Collection[ShareKey], now: datetime) -> set[ShareKey]:
        if not keep:
            return set()
        # One that was free in the meantime may have had another owner, who knows of requests that we do not.
        return await self._taken(self._mine(sorted(keep)).where(request_shares.c.free_at > now), now)

    async def _draw(self, count: int, steady: int, another_holds: int | None, now: datetime) -> set[ShareKey]:
        """The steady ones first, but no more of them than another has that goes short."""
        if count <= 0 or not self._shares:
            return set()
        columns = request_shares.c
        free = (
            select(columns.pool, columns.number)
            .where(columns.game_server == self._game_server, columns.free_at <= now, self._named(self._shares))
            .order_by(columns.pool, columns.free_at)
            .limit(count)
            .with_for_update(skip_locked=True)
        )
        if another_holds is not None and steady > another_holds:
            free = free.where(columns.pool > 0)
        chosen = [ShareKey(row.pool, row.number) for row in await self._database.session.execute(free)]
        if not chosen:
            return set()
        here = columns.game_server == self._game_server
        return await self._taken(update(request_shares).where(here, self._named(chosen)), now)

    async def _fewest_of_others(self, now: datetime) -> int | None:
        """Of the steady shares, among those that lately went short; None if nobody did."""
        table = request_replicas.c
        others = (table.game_server == self._game_server, table.replica != self._replica, table.short_until > now)
        fewest: int | None = (
            await self._database.session.execute(select(func.min(table.short_holds)).where(*others))
        ).scalar_one()
        return fewest

    async def _taken(self, statement: Any, now: datetime) -> set[ShareKey]:
        """Held from now on, until they are renewed; the keys of those that are.

        `free_at` is when a share is free if its owner is never heard of again.
        """
        columns, windows = request_shares.c, {key.pool: share.window for key, share in self._shares.items()}
        ends = {pool: now + timedelta(seconds=self._held_seconds + window) for pool, window in windows.items()}
        free_at = case(*((columns.pool == pool, literal(end, Instant)) for pool, end in ends.items()))
        held = statement.values(owner=self._replica, free_at=free_at).returning(columns.pool, columns.number)
        return {ShareKey(row.pool, row.number) for row in await self._database.session.execute(held)}

    async def _pause(self, seconds: float, now: datetime) -> None:
        if seconds > 0:
            until = later_of(request_pauses.c.paused_until, literal(now + timedelta(seconds=seconds), Instant))
            here = update(request_pauses).where(request_pauses.c.game_server == self._game_server)
            await self._database.session.execute(here.values(paused_until=until))

    async def _paused_until(self) -> datetime | None:
        columns = request_pauses.c
        here = select(columns.paused_until).where(columns.game_server == self._game_server)
        paused_until: datetime | None = (await self._database.session.execute(here)).scalar_one_or_none()
        return paused_until

    def _mine(self, keys: Collection[ShareKey]) -> Any:
        columns = request_shares.c
        owned = (columns.game_server == self._game_server, columns.owner == self._replica)
        return update(request_shares).where(*owned, self._named(keys))

    @staticmethod
    def _named(keys: Collection[ShareKey]) -> ColumnElement[bool]:
        columns = request_shares.c
        return tuple_(columns.pool, columns.number).in_([(key.pool, key.number) for key in keys])

    async def _now(self) -> datetime:
        now: datetime = (await self._database.session.execute(select(self._present()))).scalar_one()
        return now

    def _present(self) -> Moment:
        return present(self._database.dialect, self._clock)


def _slice(moment: datetime) -> int:
    return to_microseconds(moment) // (_SLICE_SECONDS * 1_000_000)


def _steady(keys: Collection[ShareKey]) -> int:
    return sum(key.pool == 0 for key in keys)
