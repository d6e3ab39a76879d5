"""No reset date is handed out twice."""

from pathlib import Path

from sandbox.ledger import FileLedger, MemoryLedger

NOON = 1_900_000_000_000
DAY = 86_400_000


def test_a_fresh_directory_starts_today(tmp_path: Path) -> None:
    assert FileLedger(tmp_path).next_date(NOON) == "2030-03-17"


def test_a_directory_never_sees_a_date_again(tmp_path: Path) -> None:
    dates = [FileLedger(tmp_path).next_date(NOON) for _ in range(3)]
    later = FileLedger(tmp_path).next_date(NOON + 40 * DAY)
    earlier = FileLedger(tmp_path).next_date(NOON - 40 * DAY)

    assert [*dates, later, earlier] == ["2030-03-17", "2030-03-18", "2030-03-19", "2030-04-26", "2030-04-27"]


def test_runs_in_memory_that_start_a_second_apart_differ() -> None:
    assert MemoryLedger().next_date(NOON) != MemoryLedger().next_date(NOON + 1000)


def test_one_run_in_memory_never_repeats_itself() -> None:
    ledger = MemoryLedger()

    assert len({ledger.next_date(NOON) for _ in range(100)}) == 100
