"""The spool keeps points over restarts, drops the oldest for want of room, and counts what it dropped."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tracker.metrics.points import Point, Status
from tracker.metrics.spool import Spool, read_points


def points(first: int, count: int, queue: str = "q") -> list[Point]:
    return [Point(queue, Status.NORMAL, 1.5, 0, f"c-{n}", 1000 + n) for n in range(first, first + count)]


def test_what_is_spooled_is_there_after_a_restart_in_order(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(points(0, 3))
    spool.add(points(3, 2))
    spool.close()
    again = Spool(tmp_path / "s.sqlite")
    assert [point for _, point in again.oldest(10)] == points(0, 5)
    assert len(again) == 5
    again.close()


def test_the_oldest_go_first_and_are_counted_over_restarts(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", capacity=4)
    spool.add(points(0, 3))
    spool.add(points(3, 4))
    assert ([p for _, p in spool.oldest(10)], len(spool), spool.dropped) == (points(3, 4), 4, 3)
    spool.close()
    again = Spool(tmp_path / "s.sqlite", capacity=4)
    again.add(points(7, 9))
    assert ([p for _, p in again.oldest(10)], again.dropped) == (points(12, 4), 12)
    again.close()


def test_a_stay_that_is_told_again_is_one_point_and_the_newest_word_counts(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite", capacity=3)
    again = replace(points(0, 1)[0], dwell_seconds=2.5)
    spool.add(points(0, 3))
    spool.add([*points(0, 1), again])
    assert ([p for _, p in spool.oldest(10)], len(spool), spool.dropped) == ([*points(1, 2), again], 3, 0)
    spool.close()


def test_what_is_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(points(0, 5))
    spool.remove([number for number, _ in spool.oldest(2)])
    assert ([p for _, p in spool.oldest(10)], len(spool), spool.dropped) == (points(2, 3), 3, 0)
    spool.close()


def test_the_spool_can_be_queried_while_it_is_written(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(points(0, 3, "a") + points(3, 3, "b"))
    assert read_points(tmp_path / "s.sqlite") == points(0, 3, "a") + points(3, 3, "b")
    assert read_points(tmp_path / "s.sqlite", queue="b", since_ms=1004) == points(4, 2, "b")
    assert read_points(tmp_path / "s.sqlite", most=1) == points(5, 1, "b")
    spool.close()


def test_what_cannot_be_removed_leaves_the_spool_as_it_was(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.sqlite")
    spool.add(points(0, 2))
    with sqlite3.connect(tmp_path / "s.sqlite") as other:
        other.execute("CREATE TRIGGER stuck BEFORE DELETE ON points BEGIN SELECT RAISE(ABORT, 'stuck'); END")
    with pytest.raises(sqlite3.IntegrityError, match="stuck"):
        spool.remove([number for number, _ in spool.oldest(1)])
    other.execute("DROP TRIGGER stuck")
    other.close()
    spool.add(points(2, 1))
    spool.remove([number for number, _ in spool.oldest(1)])
    assert ([p for _, p in spool.oldest(10)], len(spool)) == (points(1, 2), 2)
    spool.close()
