"""A real Alertmanager: told by the tracker of what is stuck, and of its end."""

import time
from pathlib import Path

import pytest

from harness.waiting import until
from tests.servers import active, alertmanager
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


def test_what_is_stuck_is_an_active_alert_there_until_it_is_over(tmp_path: Path) -> None:
    entered_ms = time.time_ns() // 1_000_000
    with alertmanager(tmp_path) as url:
        sinks = [{"kind": "alertmanager", "url": url}]
        queues = {"default": {"max_dwell_s": 1}}
        with running(tmp_path / "tracker", alerts=sinks, queues=queues, alert_repeat_s=0.5) as tracker:
            tracker.deliver(acd("c-1", "start", entered_ms))
            until(lambda: active(url), "the alert", 20)
            [alert] = active(url)
            assert alert["labels"] == {
                "alertname": "InteractionStuck",
                "conversation_id": "c-1",
                "queue_id": "billing",
                "severity": "page",
            }
            assert alert["status"]["state"] == "active"
            first = alert["endsAt"]
            until(lambda: active(url)[0]["endsAt"] > first, "the alert to be kept alive", 20)
            assert len(active(url)) == 1
            tracker.deliver(acd("c-1", "end", time.time_ns() // 1_000_000))
            until(lambda: active(url) == [], "the alert to end", 20)
