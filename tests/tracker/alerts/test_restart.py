"""A tracker that is killed with alerts on its hands: its next life tells of them, once, and of their end."""

import time
from pathlib import Path
from typing import Any

import pytest

from harness.waiting import until
from tests.tracker.recording import Listener, Reply, recording
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


def heard(sink: Listener) -> list[tuple[str, str]]:
    return [(body["conversation_id"], body["state"]) for body in sink.bodies()]


def test_alerts_that_nobody_heard_of_are_told_of_after_a_kill_and_those_heard_of_are_not(tmp_path: Path) -> None:
    queues = {"default": {"max_dwell_s": 1}}
    now_ms = time.time_ns() // 1_000_000
    with recording() as sink:
        given: dict[str, Any] = {"queues": queues, "alerts": [{"kind": "generic", "url": sink.url}]}
        with running(tmp_path, code=-9, **given) as tracker:
            tracker.deliver(acd("heard", "start", now_ms - 5000))
            until(lambda: heard(sink) == [("heard", "firing")], "the first alert", 20)
            sink.answer = lambda _: Reply(503)
            tracker.deliver(acd("unheard", "start", now_ms - 5000))
            until(lambda: tracker.numbers()["tracker_alerts_firing"] == 2, "the second alert", 20)
            until(lambda: len(sink.received) >= 2, "an attempt to tell of it", 20)
            tracker.process.kill()
        sink.answer = lambda _: Reply()
        sink.received.clear()
        with running(tmp_path, **given) as tracker:
            until(lambda: heard(sink) == [("unheard", "firing")], "the alert that was owed", 20)
            tracker.deliver(acd("heard", "end", now_ms))
            until(lambda: heard(sink)[1:] == [("heard", "resolved")], "the end of the other", 20)
            firing = tracker.get("/api/v1/alerts", state="firing")
            assert [alert["conversation_id"] for alert in firing["entities"]] == ["unheard"]
