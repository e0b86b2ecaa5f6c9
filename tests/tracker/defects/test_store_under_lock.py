"""Planted, a slow store stops all ingestion; without the defect nobody notices it."""

import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.tracker.recording import Received, Reply, recording
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


@pytest.mark.parametrize(("defect", "held_up"), [(None, False), ("store_under_lock", True)])
def test_a_store_that_hangs_holds_up_other_deliveries_only_with_the_defect(
    tmp_path: Path, defect: str | None, held_up: bool
) -> None:
    hang = threading.Event()

    def hanging(_: Received) -> Reply:
        hang.wait(20)
        return Reply(204)

    now_ms = time.time_ns() // 1_000_000
    with recording(hanging) as store:
        tsdb = {"url": store.url, "org": "o", "bucket": "b"}
        with running(tmp_path, defect, tsdb=tsdb) as tracker:
            tracker.deliver(acd("c-1", "start", now_ms - 1000))
            with httpx.Client(base_url=tracker.url, trust_env=False, timeout=1.0) as impatient:
                answered = _delivered(impatient, acd("c-1", "end", now_ms)) and _delivered(
                    impatient, acd("c-2", "start", now_ms)
                )
            hang.set()
            assert answered == (not held_up)


def _delivered(client: httpx.Client, event: dict[str, object]) -> bool:
    try:
        return client.post("/eventbridge", json=event).status_code == 200
    except httpx.ReadTimeout:
        return False


def test_with_a_store_that_is_well_the_defect_does_not_show(tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    with recording(lambda _: Reply(204)) as store:
        tsdb = {"url": store.url, "org": "o", "bucket": "b"}
        with running(tmp_path, "store_under_lock", tsdb=tsdb) as tracker:
            tracker.deliver(acd("c-1", "start", now_ms - 1000))
            assert tracker.deliver(acd("c-1", "end", now_ms)).status_code == 200
            assert tracker.numbers()['tracker_points_total{outcome="written"}'] == 1
        assert b'conversation_id="c-1"' in store.received[0].body
