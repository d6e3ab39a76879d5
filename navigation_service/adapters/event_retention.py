"""Forgetting the events that nobody is promised any more."""

from sqlalchemy import and_, delete, or_, select, update

from navigation_service.adapters.database_time import Moment
from navigation_service.adapters.tables import voyage_events, voyages
from navigation_service.domain.events import EVENTS_KEPT
from service_chassis.database import Database


async def forget_events(database: Database, now: Moment, limit: int) -> int:
    """Those of so many voyages at most whose time has come; of how many they were."""
    columns, events = voyages.c, voyage_events.c
    due = (
        select(columns.voyage_id, columns.end_time, columns.last_event_number)
        .where(columns.thin_time <= now)
        .order_by(columns.thin_time)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await database.session.execute(due)).all()
    if not rows:
        return 0
    ended = [row.voyage_id for row in rows if row.end_time is not None]
    going_on = [row for row in rows if row.end_time is None]
    old = [and_(events.voyage_id == r.voyage_id, events.number <= r.last_event_number - EVENTS_KEPT) for r in going_on]
    await database.session.execute(delete(voyage_events).where(or_(events.voyage_id.in_(ended), *old)))
    done = update(voyages).where(columns.voyage_id.in_([row.voyage_id for row in rows]))
    await database.session.execute(done.values(thin_time=None))
    return len(rows)
