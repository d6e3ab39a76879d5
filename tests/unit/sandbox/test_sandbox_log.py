"""The log hands out what came after a number."""

from dataclasses import replace

from sandbox.log import LogEntry, RequestLog

ENTRY = LogEntry(1, "t", None, None, "get_status", None, "read", None, None, None, None, "id", 200, None)


def test_numbers_after_a_number_come_oldest_first() -> None:
    log = RequestLog()
    for number in range(5, 12):
        log.append(replace(ENTRY, number=number))

    assert [entry.number for entry in log.after(7, 100)] == [8, 9, 10, 11]
    assert [entry.number for entry in log.after(7, 2)] == [8, 9]
    assert [entry.number for entry in log.after(0, 2)] == [5, 6]
    assert log.after(11, 100) == []
    assert log.last_number == 11


def test_an_empty_log_has_nothing() -> None:
    assert RequestLog().after(0, 100) == []
