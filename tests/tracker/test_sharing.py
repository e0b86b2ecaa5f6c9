"""Two tracker processes with one PostgreSQL are one tracker: for questions, for repetitions, and for alerts."""

import signal
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from harness.waiting import until
from tests.postgres import postgres
from tests.tracker.recording import Listener, Reply, recording
from tests.tracker.running import Running, acd, running
from tracker.store.postgres import JUDGE_LOCK

pytestmark = pytest.mark.world


def state(tracker: Running, conversation: str) -> dict[str, Any]:
    """What the tracker says of a conversation, without who says it."""
    found: dict[str, Any] = tracker.get("/api/v1/interactions/health", conversationId=conversation)["current_state"]
    return found


def test_two_trackers_are_one(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    with postgres() as address, recording(lambda _: Reply(200)) as sink:
        shared: dict[str, Any] = {
            "store": address,
            "queues": {"default": {"max_dwell_s": 1.0, "max_bounces": 3}},
            "alerts": [{"kind": "generic", "url": sink.url}],
        }
        with running(tmp_path / "one", **shared) as one, running(tmp_path / "other", **shared) as other:
            assert one.deliver(acd("c-1", "start", now_ms)).json()["accepted"] == 1
            assert other.deliver(acd("c-1", "start", now_ms)).json()["duplicates"] == 1
            assert state(one, "c-1") == state(other, "c-1")
            until(lambda: [alert["state"] for alert in sink.bodies()] == ["firing"], "one of them to alert", 20)
            assert other.deliver(acd("c-1", "end", now_ms + 2000)).json()["accepted"] == 1
            until(lambda: len(sink.received) > 1, "one of them to say that it is over", 20)
            (visit,) = state(one, "c-1")["visits"]
            assert visit["dwell_seconds"] == 2.0
            assert [alert["state"] for alert in sink.bodies()] == ["firing", "resolved"]


STUCK_MS = 5000


def story(sink: Listener, conversation: str) -> list[tuple[int, str]]:
    """The numbers and states of its notices, as they came; the same notice twice is no news."""
    told = [body for body in sink.bodies() if body["conversation_id"] == conversation]
    return list(dict.fromkeys((body["notice"], body["state"]) for body in told))


def whole(story: list[tuple[int, str]]) -> bool:
    """Whether it begins once, goes on and ends, each notice in its place."""
    numbers, states = [number for number, _ in story], [state for _, state in story]
    return numbers == list(range(1, len(story) + 1)) and states == [
        "firing",
        *["still firing"] * (len(story) - 2),
        "resolved",
    ]


def depose(address: str) -> None:
    """End the connection by which one of the trackers is the one that speaks."""
    with psycopg.connect(address, autocommit=True) as database:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s"
        assert database.execute(ended, (JUDGE_LOCK,)).fetchall() == [(True,)]


def test_whoever_speaks_each_alert_has_one_story(tmp_path: Path) -> None:
    entered_ms = time.time_ns() // 1_000_000 - STUCK_MS
    with postgres() as address, recording() as sink:
        shared: dict[str, Any] = {
            "store": address,
            "queues": {"default": {"max_dwell_s": 1.0}},
            "alerts": [{"kind": "generic", "url": sink.url}],
            "alert_repeat_s": 0.5,
        }
        with running(tmp_path / "one", **shared) as one:
            one.deliver(acd("ends-between", "start", entered_ms), acd("lasts", "start", entered_ms))
            until(lambda: len(story(sink, "ends-between")) > 1 < len(story(sink, "lasts")), "the first to speak", 30)
            with running(tmp_path / "other", **shared) as other:
                assert other.get("/api/v1/alerts") == one.get("/api/v1/alerts")
                one.process.send_signal(signal.SIGSTOP)
                assert other.deliver(acd("ends-between", "end", entered_ms + STUCK_MS)).json()["accepted"] == 1
                depose(address)
                until(lambda: whole(story(sink, "ends-between")), "the other to tell what ended unseen", 60)
                said = len(story(sink, "lasts"))
                until(lambda: len(story(sink, "lasts")) > said, "the other to go on with what lasts", 30)
                other.deliver(acd("lasts", "end", entered_ms + STUCK_MS))
                until(lambda: whole(story(sink, "lasts")), "the end of it", 30)
                one.process.send_signal(signal.SIGCONT)
                one.deliver(acd("later", "start", entered_ms))
                until(lambda: len(story(sink, "later")) > 3, "a later alert to be told of", 60)
                one.deliver(acd("later", "end", entered_ms + STUCK_MS))
                until(lambda: whole(story(sink, "later")), "its end", 30)
        assert all(whole(story(sink, conversation)) for conversation in ("ends-between", "lasts", "later"))
        began = [body["conversation_id"] for body in sink.bodies() if body["state"] == "firing"]
        assert sorted(began) == ["ends-between", "lasts", "later"]


def test_what_a_dead_tracker_could_not_send_another_one_sends(tmp_path: Path) -> None:
    entered_ms = time.time_ns() // 1_000_000 - STUCK_MS
    with postgres() as address, recording(lambda _: Reply(503)) as sink:
        shared: dict[str, Any] = {
            "store": address,
            "queues": {"default": {"max_dwell_s": 1.0}},
            "alerts": [{"kind": "generic", "url": sink.url}],
        }
        with running(tmp_path / "other", **shared) as other:
            with running(tmp_path / "one", code=-9, **shared) as one:
                other.process.send_signal(signal.SIGSTOP)
                depose(address)
                until(lambda: one.deliver(acd("c-1", "start", entered_ms)).status_code == 200, "the store", 30)
                until(lambda: sink.received, "the one to try", 30)
                one.deliver(acd("c-1", "end", entered_ms + STUCK_MS))
                until(lambda: one.get("/api/v1/alerts", state="resolved")["total"] == 1, "the end to be kept", 30)
                one.process.kill()
            sink.received.clear()
            sink.answer = lambda _: Reply()
            other.process.send_signal(signal.SIGCONT)
            until(lambda: story(sink, "c-1") == [(1, "firing"), (2, "resolved")], "all of it to be heard", 60)
