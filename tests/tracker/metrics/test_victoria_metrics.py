"""A real time-series store: written through the official client by the tracker, and read back."""

import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.waiting import until
from tests.servers import victoria_metrics
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


def exported(url: str, name: str) -> list[dict[str, Any]]:
    """The series of one field: `{"metric": labels, "values": [...], "timestamps": [ms, ...]}` each."""
    httpx.get(f"{url}/internal/force_flush", trust_env=False)
    text = httpx.get(f"{url}/api/v1/export", params={"match[]": f"interaction_state_{name}"}, trust_env=False).text
    return [json.loads(line) for line in text.splitlines()]


def test_each_stay_in_a_queue_is_a_point_of_its_queue_and_status(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    with victoria_metrics(tmp_path) as url:
        tsdb = {"url": url, "org": "any", "bucket": "any"}
        queues = {"default": {"max_dwell_s": 60}}
        with running(tmp_path / "tracker", tsdb=tsdb, queues=queues) as tracker:
            for number, dwell_s in enumerate((12.5, 90.0, 30.0)):
                left_ms = now_ms - 1000 * number
                tracker.deliver(acd(f"c-{number}", "start", left_ms - round(dwell_s * 1000)))
                tracker.deliver(acd(f"c-{number}", "end", left_ms))
            written = 'tracker_points_total{outcome="written"}'
            until(lambda: tracker.numbers()[written] == 3, "the points to be written", 20)
        until(lambda: len(exported(url, "dwell_seconds")) == 2, "the points to be read back", 20)
        found = {series["metric"]["status"]: series for series in exported(url, "dwell_seconds")}
        assert found["normal"]["metric"]["queue_id"] == "billing"
        assert dict(zip(found["normal"]["timestamps"], found["normal"]["values"], strict=True)) == {
            now_ms: 12.5,
            now_ms - 2000: 30.0,
        }
        assert (found["stuck"]["timestamps"], found["stuck"]["values"]) == ([now_ms - 1000], [90.0])
        # The conversation makes no series of its own, however many there are.
        assert all("conversation_id" not in series["metric"] for series in found.values())
        assert len(exported(url, "bounce_count")) == 2


def test_points_of_an_outage_are_there_afterwards(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    with victoria_metrics(tmp_path) as url:
        where = url
    tsdb = {"url": where, "org": "any", "bucket": "any"}
    with running(tmp_path / "tracker", tsdb=tsdb) as tracker:
        tracker.deliver(acd("c-1", "start", now_ms - 5000))
        tracker.deliver(acd("c-1", "end", now_ms))
        until(lambda: tracker.numbers()["tracker_tsdb_failures_total"] >= 1, "the outage to be noticed", 20)
        assert tracker.numbers()["tracker_spool_points"] == 1
    with victoria_metrics(tmp_path) as url, running(tmp_path / "tracker", tsdb=tsdb | {"url": url}) as tracker:
        until(lambda: tracker.numbers()["tracker_spool_points"] == 0, "the spool to be written", 20)
        [series] = until(lambda: exported(url, "dwell_seconds"), "the points to be read back", 20)
        assert series["values"] == [5.0]
