"""Two tracker processes with one PostgreSQL are one tracker: for questions, for repetitions, and for alerts."""

import time
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import until
from tests.postgres import postgres
from tests.tracker.recording import Reply, recording
from tests.tracker.running import Running, acd, running

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
            until(lambda: [alert["state"] for alert in sink.bodies()] == ["firing"], "one of them to alert", 5)
            assert other.deliver(acd("c-1", "end", now_ms + 2000)).json()["accepted"] == 1
            until(lambda: len(sink.received) > 1, "one of them to say that it is over", 5)
            (visit,) = state(one, "c-1")["visits"]
            assert visit["dwell_seconds"] == 2.0
            assert [alert["state"] for alert in sink.bodies()] == ["firing", "resolved"]
