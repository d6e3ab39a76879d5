"""The present time as every replica has it: the database's, in statements."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, case, cast, extract, func, literal, select, type_coerce

from navigation_service.adapters.tables import Instant
from shared_kernel.clock import Clock

Moment = ColumnElement[datetime]


def present(dialect: str, clock: Clock) -> Moment:
    """Read once for the whole statement: an index can only be searched for one value.

    PostgreSQL tells its own time; SQLite has none but this process's `clock`.
    """
    value: Moment = moment(clock.now())
    if dialect == "postgresql":
        seconds = extract("epoch", func.clock_timestamp())
        value = type_coerce(cast(seconds * 1_000_000, BigInteger), Instant)
    once = select(value.label("moment")).cte("present")
    return select(once.c.moment).scalar_subquery()


def moment(value: datetime) -> Moment:
    return literal(value, Instant)


def later(start: Moment, seconds: float) -> Moment:
    microseconds = timedelta(seconds=seconds) // timedelta(microseconds=1)
    return type_coerce(type_coerce(start, BigInteger) + microseconds, Instant)


def later_of(one: Moment, other: Moment) -> Moment:
    return case((one > other, one), else_=other)
