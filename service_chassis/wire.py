"""Conversions between protobuf's well-known types and plain Python. None of them raises."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import ListValue, NullValue, Struct, Value
from google.protobuf.timestamp_pb2 import Timestamp

_NANOS = 1_000_000_000
_MAX_DURATION_SECONDS = 315_576_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def duration_to_nanos(duration: Duration) -> int:
    """Whole nanoseconds, 0 for an unset duration."""
    return duration.seconds * _NANOS + duration.nanos


def nanos_to_duration(nanos: int) -> Duration:
    """Clamped to the range that a Duration may hold (about 10,000 years)."""
    duration = Duration()
    write_nanos(duration, nanos)
    return duration


def write_nanos(duration: Duration, nanos: int) -> None:
    """The same into a message that exists already, such as a field of another."""
    seconds, rest = divmod(abs(nanos), _NANOS)
    if seconds > _MAX_DURATION_SECONDS:
        seconds, rest = _MAX_DURATION_SECONDS, 0
    sign = -1 if nanos < 0 else 1
    duration.seconds, duration.nanos = sign * seconds, sign * rest


def datetime_to_timestamp(moment: datetime | None) -> Timestamp | None:
    """None stays None, which leaves a message field unset."""
    if moment is None:
        return None
    since = moment - _EPOCH
    return Timestamp(seconds=since.days * 86_400 + since.seconds, nanos=since.microseconds * 1_000)


def timestamp_to_datetime(timestamp: Timestamp) -> datetime:
    """Aware, in UTC, to the microsecond; moments that Python cannot hold are clamped."""
    try:
        return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1_000)
    except OverflowError:
        return (datetime.max if timestamp.seconds > 0 else datetime.min).replace(tzinfo=UTC)


def struct_to_dict(struct: Struct) -> dict[str, Any]:
    """JSON-like Python: numbers as float, nulls as None."""
    return {key: _value_to_python(value) for key, value in struct.fields.items()}


def dict_to_struct(mapping: Mapping[str, Any]) -> Struct:
    return Struct(fields={key: _python_to_value(value) for key, value in mapping.items()})


def _value_to_python(value: Value) -> Any:
    match value.WhichOneof("kind"):
        case "struct_value":
            return struct_to_dict(value.struct_value)
        case "list_value":
            return [_value_to_python(item) for item in value.list_value.values]
        case "number_value":
            return value.number_value
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def _python_to_value(item: Any) -> Value:
    match item:
        case bool():
            return Value(bool_value=item)
        case int() | float():
            return Value(number_value=_as_float(item))
        case str():
            return Value(string_value=item)
        case Mapping():
            return Value(struct_value=dict_to_struct(item))
        case list() | tuple():
            return Value(list_value=ListValue(values=[_python_to_value(entry) for entry in item]))
        case _:
            return Value(null_value=NullValue.NULL_VALUE)


def _as_float(number: int | float) -> float:
    try:
        return float(number)
    except OverflowError:
        return inf if number > 0 else -inf
