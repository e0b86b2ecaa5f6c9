"""Whoever offers a point never waits; points reach the store in the end, or stay on disk, or are counted."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.waiting import until
from tests.tracker.recording import Listener, Received, Reply, recording
from tracker.given import Secret
from tracker.metrics.points import Point, Status, line
from tracker.metrics.spool import read_points
from tracker.metrics.store import Store
from tracker.metrics.writer import WAITING_MOST, Metrics
from tracker.settings import Tsdb


def point(number: int) -> Point:
    return Point("q", Status.NORMAL, number / 2, 0, f"c-{number}", 1_700_000_000_000 + number)


def connecting(url: str, deadline_s: float = 5.0, proxy: str | None = None) -> Callable[[], Store]:
    return lambda: Store(Tsdb(url, "org", "bucket", Secret("a-token"), deadline_s), proxy)


@contextmanager
def running(path: Path, connect: Callable[[], Store] | None = None, capacity: int = 1000) -> Iterator[Metrics]:
    metrics = Metrics(path, connect, capacity=capacity)
    metrics.start()
    try:
        yield metrics
    finally:
        metrics.stop()


def written(listener: Listener) -> list[str]:
    return [text for one in list(listener.received) for text in one.body.decode().split("\n")]


def test_points_reach_the_store_with_the_token_by_the_v2_write_api(tmp_path: Path) -> None:
    with recording(lambda _: Reply(204)) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        for number in range(300):
            metrics.offer(point(number))
        until(lambda: metrics.counts().written == 300, "all points to be written", 20)
        assert metrics.counts().spooled == 0
    assert written(store) == [line(point(number)) for number in range(300)]
    assert store.received[0].path == "/api/v2/write?org=org&bucket=bucket&precision=ns"
    assert store.received[0].headers["authorization"] == "Token a-token"


def test_they_go_through_the_proxy_that_the_settings_name(tmp_path: Path) -> None:
    with recording(lambda _: Reply(204)) as proxy:
        connect = connecting("http://tsdb.invalid:8086", proxy=proxy.url)
        with running(tmp_path / "m.sqlite", connect) as metrics:
            metrics.offer(point(1))
            until(lambda: metrics.counts().written == 1, "the point to be written", 20)
    assert proxy.received[0].path == "http://tsdb.invalid:8086/api/v2/write?org=org&bucket=bucket&precision=ns"


def test_without_a_store_points_stay_where_they_can_be_queried(tmp_path: Path) -> None:
    with running(tmp_path / "m.sqlite") as metrics:
        metrics.offer(point(1))
        until(lambda: metrics.counts().spooled == 1, "the point to be spooled", 20)
        assert read_points(metrics.path) == [point(1)]


def test_a_store_that_comes_back_gets_everything_once(tmp_path: Path) -> None:
    with recording(lambda _: Reply(503)) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        for number in range(10):
            metrics.offer(point(number))
        until(lambda: metrics.counts().failures >= 2, "the store to be asked twice", 20)
        assert "503" in metrics.counts().problem
        assert metrics.counts().spooled == 10
        store.answer = lambda _: Reply(204)
        store.received.clear()
        until(lambda: metrics.counts().written == 10, "all points to be written", 20)
        assert metrics.counts().problem == ""
    assert written(store) == [line(point(number)) for number in range(10)]


def test_offering_never_waits_while_the_store_hangs_and_the_deadline_ends_the_write(tmp_path: Path) -> None:
    hang = threading.Event()

    def hanging(_: Received) -> Reply:
        hang.wait(10)
        return Reply(204)

    with recording(hanging) as store:
        try:
            with running(tmp_path / "m.sqlite", connecting(store.url, deadline_s=3)) as metrics:
                metrics.offer(point(0))
                until(lambda: store.received, "the write to hang", 20)
                for number in range(1, 1001):
                    metrics.offer(point(number))
                assert metrics.counts().failures == 0
                until(lambda: metrics.counts().failures, "the deadline to end the write", 20)
        finally:
            hang.set()


def test_a_dead_store_costs_the_oldest_points_and_says_how_many(tmp_path: Path) -> None:
    with running(tmp_path / "m.sqlite", connecting("http://127.0.0.1:9"), capacity=50) as metrics:
        for number in range(120):
            metrics.offer(point(number))
        until(lambda: metrics.counts().dropped == 70, "70 points to be dropped", 20)
        assert metrics.counts().spooled == 50
        assert read_points(metrics.path)[0] == point(70)


def test_where_the_spool_is_the_store_old_points_make_room_and_are_not_called_dropped(tmp_path: Path) -> None:
    with running(tmp_path / "m.sqlite", capacity=50) as metrics:
        for number in range(120):
            metrics.offer(point(number))
        until(lambda: [point(70)] == read_points(metrics.path)[:1], "70 points to make room", 20)
        assert (metrics.counts().dropped, metrics.counts().spooled) == (0, 50)


@pytest.mark.parametrize(
    ("breaks", "mends"),
    [
        # What is written cannot be taken off; what waits cannot be read.
        ("CREATE TRIGGER stuck BEFORE DELETE ON points BEGIN SELECT RAISE(ABORT, 'stuck'); END", "DROP TRIGGER stuck"),
        ("ALTER TABLE points RENAME TO elsewhere", "ALTER TABLE elsewhere RENAME TO points"),
    ],
)
def test_a_spool_that_fails_is_said_so_and_tried_again(tmp_path: Path, breaks: str, mends: str) -> None:
    with recording(lambda _: Reply(503)) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        metrics.offer(point(1))
        until(lambda: metrics.counts().failures, "the point to be on disk and the store to be asked", 20)
        order(metrics.path, breaks)
        store.answer = lambda _: Reply(204)
        until(lambda: "the spool failed: " in metrics.counts().problem, "the trouble to be said", 20)
        order(metrics.path, mends)
        metrics.offer(point(2))
        until(lambda: metrics.counts().spooled == 0, "all points to be written", 20)
        assert metrics.counts().problem == ""
    assert set(written(store)) == {line(point(1)), line(point(2))}


def order(path: Path, statement: str) -> None:
    with sqlite3.connect(path, timeout=10) as other:
        other.execute(statement)
    other.close()


def test_points_left_by_one_life_are_written_in_the_next(tmp_path: Path) -> None:
    with running(tmp_path / "m.sqlite", connecting("http://127.0.0.1:9")) as metrics:
        metrics.offer(point(1))
    with recording(lambda _: Reply(204)) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        until(lambda: metrics.counts().written == 1, "the point of the earlier life", 20)
    assert written(store) == [line(point(1))]


@pytest.mark.parametrize("status", [400, 422])
def test_points_that_the_store_does_not_want_are_counted_and_not_sent_for_ever(tmp_path: Path, status: int) -> None:
    with recording(lambda _: Reply(status)) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        metrics.offer(point(1))
        until(lambda: metrics.counts().refused == 1, "the refusal to be counted", 20)
        assert metrics.counts().spooled == 0
        assert len(store.received) == 1


def test_a_body_that_is_too_large_is_sent_in_parts(tmp_path: Path) -> None:
    def small(request: Received) -> Reply:
        return Reply(413 if request.body.count(b"\n") >= 20 else 204)

    with recording(small) as store, running(tmp_path / "m.sqlite", connecting(store.url)) as metrics:
        for number in range(100):
            metrics.offer(point(number))
        until(lambda: metrics.counts().written == 100, "all points to be written", 20)


def test_more_than_the_thread_can_take_costs_the_oldest(tmp_path: Path) -> None:
    metrics = Metrics(tmp_path / "m.sqlite", capacity=WAITING_MOST)
    for number in range(WAITING_MOST + 5):
        metrics.offer(point(number))
    assert (metrics.counts().offered, metrics.counts().lost) == (WAITING_MOST + 5, 5)
    metrics.start()
    metrics.stop()
    assert read_points(metrics.path, most=WAITING_MOST)[0] == point(5)
