"""Points from whoever offers them into the spool, and from the spool into the store, in a thread of their own."""

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tracker.backoff import Backoff
from tracker.metrics.points import Point, lines
from tracker.metrics.spool import CAPACITY, Spool
from tracker.metrics.store import Outcome, Store

WAITING_MOST = 100_000
BATCH = 5_000
# Long enough to fill a batch under load, short against what anybody looks at.
LINGER_S = 0.2
LONGEST_BACKOFF_S = 5.0


@dataclass(frozen=True)
class Counts:
    """What became of points so far; `dropped` over the life of the spool, the others since the start."""

    offered: int = 0
    lost: int = 0  # gone before the spool had them: the thread could not keep up, or the disk refused them
    spooled: int = 0  # on disk now
    dropped: int = 0  # dropped from the spool unwritten, for want of room, the oldest first; none if it is the store
    written: int = 0
    refused: int = 0  # the store does not want them
    failures: int = 0  # writes that had to be tried again
    problem: str = ""  # why the last write failed; empty after one that did not


class Metrics:
    """Takes points from any thread without ever waiting; its own thread spools them and, with a store, writes them.

    `connect` makes the store at the start; without it the points stay in the spool at `path`, then the store.
    `last_life_s` is the wall clock when an earlier life last wrote to the spool; now, if there was none.
    """

    linger_s = LINGER_S

    def __init__(
        self, path: Path, connect: Callable[[], Store] | None = None, seed: int = 0, capacity: int = CAPACITY
    ) -> None:
        self.path = path
        self.last_life_s = _last_written_s(path)
        self._connect = connect
        self._capacity = capacity
        self._backoff = Backoff(Random(seed), most_s=LONGEST_BACKOFF_S)
        self._waiting: deque[Point] = deque(maxlen=WAITING_MOST)
        self._offered = 0
        self._overrun = 0
        self._counts = Counts()
        self._batch = BATCH
        self._wake = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        """Open the spool and begin; what an earlier life left in it is written first. Takes a moment with a store: its
        client is large, and would be imported at the cost of the first deliveries."""
        self._spool = Spool(self.path, self._capacity)
        self._store = self._connect() if self._connect else None
        self._wake.set()
        self._thread.start()

    def offer(self, point: Point) -> None:
        """Take one point; no waiting, no file and no socket on the caller's thread. Beyond 100,000 the oldest goes."""
        self._offered += 1
        if len(self._waiting) == WAITING_MOST:
            self._overrun += 1
        self._waiting.append(point)
        if not self._wake.is_set():
            self._wake.set()

    def counts(self) -> Counts:
        """What became of points so far."""
        found = self._counts
        return replace(found, offered=self._offered, lost=found.lost + self._overrun)

    def stop(self, within_s: float = 6.0) -> None:
        """Spool what waits and end; what is not written yet is written in the next life."""
        self._ending.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _run(self) -> None:
        store = self._store
        retry_at = 0.0
        try:
            while not self._ending.is_set():
                self._await_work(store is not None, retry_at)
                self._spool_waiting()
                if store and len(self._spool) and time.monotonic() >= retry_at:
                    retry_at = time.monotonic() + self._try_one(store)
        finally:
            self._spool_waiting()
            self._spool.close()
            if store:
                store.close()

    def _await_work(self, writes: bool, retry_at: float) -> None:
        left = len(self._spool) if writes else 0
        pause = max(0.0, retry_at - time.monotonic()) if left else None
        if self._wake.wait(pause) and not self._ending.is_set() and left < self._batch:
            self._ending.wait(self.linger_s)
        self._wake.clear()

    def _spool_waiting(self) -> None:
        points = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if not points:
            return
        try:
            self._spool.add(points)
            if self._connect is None:
                self._counts = replace(self._counts, problem="")
        except sqlite3.Error as error:
            lost = self._counts.lost + len(points)
            self._counts = replace(self._counts, lost=lost, problem=f"the spool refused points: {error}")
        dropped = self._spool.dropped if self._connect else 0
        self._counts = replace(self._counts, spooled=len(self._spool), dropped=dropped)

    def _try_one(self, store: Store) -> float:
        """Write one batch, if the disk lets us; the seconds to wait before the next."""
        try:
            return self._write_one(store)
        except sqlite3.Error as error:
            failures = self._counts.failures + 1
            self._counts = replace(self._counts, failures=failures, problem=f"the spool failed: {error}")
            return self._backoff.failed()

    def _write_one(self, store: Store) -> float:
        batch = self._spool.oldest(self._batch)
        outcome, problem = store.write(lines(point for _, point in batch))
        self._counts = replace(self._counts, problem=problem)
        if outcome is Outcome.TOO_MUCH and len(batch) > 1:
            self._batch = len(batch) // 2
            return 0.0
        if outcome is Outcome.FAILED:
            self._counts = replace(self._counts, failures=self._counts.failures + 1)
            return self._backoff.failed()
        self._settled(batch, outcome)
        return 0.0

    def _settled(self, batch: list[tuple[int, Point]], outcome: Outcome) -> None:
        self._spool.remove([number for number, _ in batch])
        self._backoff.succeeded()
        self._batch = min(BATCH, self._batch * 2)
        found = self._counts
        written = len(batch) if outcome is Outcome.WRITTEN else 0
        self._counts = replace(
            found,
            spooled=len(self._spool),
            written=found.written + written,
            refused=found.refused + len(batch) - written,
        )


def _last_written_s(path: Path) -> float:
    """What is written stands beside the file, in its log, until it is put in order."""
    files = (path, path.with_name(f"{path.name}-wal"))
    return max((file.stat().st_mtime for file in files if file.exists()), default=time.time())
