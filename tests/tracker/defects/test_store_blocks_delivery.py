"""Planted, a delivery waits for the store that is down; others do not, and without the defect none does."""

import time
from pathlib import Path

import httpx
import pytest

from tests.tracker.recording import Reply, recording
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


@pytest.mark.parametrize(("defect", "waits"), [(None, False), ("store_blocks_delivery", True)])
def test_a_delivery_waits_for_a_store_that_is_down_only_with_the_defect(
    tmp_path: Path, defect: str | None, waits: bool
) -> None:
    now_ms = time.time_ns() // 1_000_000
    with recording(lambda _: Reply(204)) as store:
        tsdb = {"url": store.url, "org": "o", "bucket": "b"}
        with running(tmp_path, defect, tsdb=tsdb) as tracker:
            for number in range(3):
                tracker.deliver(acd(f"well-{number}", "start", now_ms - 1000))
                assert tracker.deliver(acd(f"well-{number}", "end", now_ms)).status_code == 200
            store.answer = lambda _: Reply(503)
            tracker.deliver(acd("c-1", "start", now_ms - 1000))
            with httpx.Client(base_url=tracker.url, trust_env=False, timeout=1.0) as impatient:
                assert _answered(impatient, acd("c-1", "end", now_ms)) == (not waits)
            assert tracker.deliver(acd("c-2", "start", now_ms)).status_code == 200
            store.answer = lambda _: Reply(204)


def _answered(client: httpx.Client, event: dict[str, object]) -> bool:
    try:
        return client.post("/eventbridge", json=event).status_code == 200
    except httpx.ReadTimeout:
        return False
