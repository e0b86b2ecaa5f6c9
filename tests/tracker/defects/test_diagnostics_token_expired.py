"""Planted, enrichment ends with the tracker's first token; without the defect it goes on."""

import time
from pathlib import Path

import pytest

from harness.waiting import pause
from tests.simulator.cloud.conftest import CLIENT_ID, CLIENT_SECRET, StartCloud
from tests.simulator.cloud.conftest import start_cloud as start_cloud
from tests.tracker.running import acd, running

pytestmark = pytest.mark.world


@pytest.mark.parametrize(("defect", "later"), [(None, True), ("diagnostics_token_expired", False)])
def test_enrichment_ends_with_the_first_token_only_with_the_defect(
    tmp_path: Path, start_cloud: StartCloud, defect: str | None, later: bool
) -> None:
    cloud = start_cloud(token_seconds=20)  # a second in this cloud's time
    conversation = str(cloud.control("place_call")["conversationId"])
    where = {"api": cloud.api, "login": cloud.api, "client_id": CLIENT_ID, "secret_env": "SECRET"}
    with running(tmp_path / "tracker", defect, {"SECRET": CLIENT_SECRET}, cloud=where) as tracker:
        tracker.deliver(acd(conversation, "start", time.time_ns() // 1_000_000))
        path = "/api/v1/interactions/health"
        first = tracker.get(path, conversationId=conversation)
        assert first["enrichment"] == {"ok": True, "reason": ""}
        assert len(first["participants"]) >= 2
        pause(1.2)
        then = tracker.get(path, conversationId=conversation)
        assert then["enrichment"]["ok"] == later
        assert then["current_state"]["queue_id"] == "billing"
        if not later:
            assert "the cloud answered 401" in then["enrichment"]["reason"]
