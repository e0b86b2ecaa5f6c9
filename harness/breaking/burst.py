"""A burst of deliveries to the tracker, in the background: through the wire, in parallel, again until taken or refused.

In the evidence of the process that makes it: `burst.started {conversations: {id: events}, events, pid, start_time}`
(which process that is, as `Identity` says it), for each attempt `delivery.invoked {delivery, conversation, attempt,
steps}` (steps as `[at_ms, enters, queue]`) and `delivery.ok`,
`delivery.failed` (refused for good) or `delivery.unknown` (5xx, cut off, timed out) `{delivery, status}`, and at the
end `burst.ended {taken, refused, unknown, unsent}`.
"""

import heapq
import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx

from harness.breaking.interactions import Happening, delivery
from harness.errors import BadInput, FaultNotCleared
from harness.evidence import Evidence, EvidenceReader
from harness.keeping.processes import Identity
from harness.runtime import Run
from harness.trust import trust
from harness.waiting import Waited, until
from harness.world import Dialect, World

TIMEOUT_S = 30.0
LEAST_TIMEOUT_S = 1.0
FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 20.0
QUIET_S = 1.0
ENDED_SLACK_S = 5.0


@dataclass(order=True, frozen=True)
class Posting:
    """One event on its way, due at `due` (monotonic seconds), after so many `failures`."""

    due: float
    number: int
    id: str = field(compare=False)
    conversation: str = field(compare=False)
    body: dict[str, Any] = field(compare=False)
    steps: list[list[Any]] = field(compare=False)
    failures: int = field(compare=False, default=0)


@dataclass(frozen=True)
class Pace:
    """`per_s` deliveries in a wall second over so many `connections`, during at most `seconds` of wall time;
    `shuffle` is the share of the events that come later than their turn."""

    per_s: float
    connections: int
    seconds: float
    shuffle: float = 0.0


def postings(happenings: Sequence[Happening], dialect: Dialect, pace: Pace, seed: int, start: float) -> list[Posting]:
    """What is posted when: each event in its turn, from `start` (monotonic seconds) on, but for those that are late."""
    dice = Random(f"{seed}:burst")
    found = []
    for number, happening in enumerate(happenings):
        body = delivery(happening, dialect)
        late = dice.uniform(1, len(happenings) / 4 + 2) if dice.random() < pace.shuffle else 0.0
        if body is not None:
            due, steps = start + (number + late) / pace.per_s, [list(step) for step in happening.steps]
            found.append(Posting(due, number, happening.id, happening.conversation, body, steps))
    return found


class Burst:
    """Delivers postings in the background until all are answered, the time is up, or `stop` exists."""

    def __init__(self, run: Run, queue: list[Posting], pace: Pace, stop: Path) -> None:
        tracker, wire = run.world.tracker, run.world.wire
        if tracker is None or wire is None:
            raise BadInput("events_burst in this world", "a world with a tracker and a wire", "one without")
        self._evidence = run.evidence
        self._scale = run.world.time_scale
        self._url = f"{tracker.url}/eventbridge"
        self._stop = stop
        self._deadline = time.monotonic() + pace.seconds
        self._queue = queue
        self._lock = threading.Lock()
        self._dice = Random(f"{run.world.seed}:retries")
        self._counts = dict.fromkeys(("ok", "failed", "unknown"), 0)
        self._http = httpx.Client(
            proxy=wire.proxy,
            headers={"Authorization": f"Bearer {tracker.token}"} if tracker.token else {},
            verify=trust(tracker.url, wire.ca),
            timeout=max(run.scaled(TIMEOUT_S), LEAST_TIMEOUT_S),
            trust_env=False,
        )
        self._workers = [threading.Thread(target=self._work, daemon=True) for _ in range(pace.connections)]
        heapq.heapify(self._queue)
        self._busy = len(self._workers)

    def start(self) -> None:
        """Begin; returns at once."""
        conversations = Counter(posting.conversation for posting in self._queue)
        who = Identity.of(os.getpid())
        self._evidence.write(
            "burst.started",
            conversations=dict(conversations),
            events=len(self._queue),
            pid=os.getpid(),
            start_time=who.start_time if who else 0,
        )
        for worker in self._workers:
            worker.start()

    def _over(self) -> bool:
        return time.monotonic() >= self._deadline or self._stop.exists()

    def _work(self) -> None:
        pause = threading.Event()
        while not self._over():
            with self._lock:
                posting = heapq.heappop(self._queue) if self._queue else None
            if posting is None:
                break
            while (left := posting.due - time.monotonic()) > 0 and not self._over():
                pause.wait(min(left, 0.1))
            if self._over():
                with self._lock:
                    heapq.heappush(self._queue, posting)
                break
            self._deliver(posting)
        self._leave()

    def _deliver(self, posting: Posting) -> None:
        about: dict[str, Any] = {"delivery": posting.id, "conversation": posting.conversation}
        self._evidence.write("delivery.invoked", **about, attempt=posting.failures + 1, steps=posting.steps)
        try:
            status = self._http.post(self._url, json=posting.body).status_code
        except httpx.HTTPError:
            status = 0
        outcome = "ok" if 200 <= status < 300 else "failed" if 400 <= status < 500 and status != 429 else "unknown"
        self._evidence.write(f"delivery.{outcome}", **about, status=status)
        with self._lock:
            self._counts[outcome] += 1
            if outcome == "unknown":
                heapq.heappush(self._queue, self._again(posting))

    def _again(self, posting: Posting) -> Posting:
        wait_s = min(FIRST_RETRY_S * 2 ** min(posting.failures, 10), LONGEST_RETRY_S) * self._dice.uniform(0.5, 1.0)
        due = time.monotonic() + wait_s * self._scale
        return Posting(
            due, posting.number, posting.id, posting.conversation, posting.body, posting.steps, posting.failures + 1
        )

    def _leave(self) -> None:
        with self._lock:
            self._busy -= 1
            last = self._busy == 0
        if last:
            ok, failed, unknown = (self._counts[outcome] for outcome in ("ok", "failed", "unknown"))
            self._evidence.write("burst.ended", taken=ok, refused=failed, unknown=unknown, unsent=len(self._queue))
            self._http.close()


def stop_file(world: World) -> Path:
    """The file whose presence ends a burst, whoever makes it."""
    return Path(world.keeper_socket).with_name("events_burst.stop")


def end_burst(world_file: str, fault: str) -> dict[str, Any]:
    """The undo of a burst: stop it, and see that no more deliveries of it come; may be called twice."""
    world = World.read(Path(world_file))
    reader = EvidenceReader(world.evidence)
    stop_file(world).touch()
    try:
        until(lambda: is_quiet(reader.read()), "the burst to end", ENDED_SLACK_S + TIMEOUT_S * world.time_scale)
    except Waited as late:
        raise FaultNotCleared(fault, "no more deliveries of the burst", "some that still come") from late
    found = reader.read().last("burst.ended")
    return {"ended": True, **(found.fields if found else {})}


def is_quiet(evidence: Evidence) -> bool:
    """Whether the last burst is over: it said so, or the process that made it is gone, with all that was on its way."""
    started, ended = evidence.last("burst.started"), evidence.last("burst.ended")
    if started is None or (ended is not None and ended.t > started.t):
        return True
    if Identity(int(started["pid"]), int(started["start_time"])).alive:
        return False  # it may wait before it tries again, or for an answer
    last = evidence.of("burst.started", "delivery.invoked", "delivery.ok", "delivery.failed", "delivery.unknown")[-1]
    return (time.monotonic_ns() - last.t) / 1e9 > QUIET_S
