"""Planted, a token that the cloud refuses is used on; without the defect another one is asked for."""

from pathlib import Path

import pytest

from tests.simulator.cloud.conftest import CLIENT_ID, CLIENT_SECRET
from tests.tracker.recording import Received, Reply, recording
from tests.tracker.running import acd, running


@pytest.mark.world
@pytest.mark.parametrize(("defect", "later"), [(None, True), ("rejected_token_kept", False)])
def test_a_revoked_token_is_replaced_only_without_the_defect(tmp_path: Path, defect: str | None, later: bool) -> None:
    issued, revoked = [0], set[str]()

    def cloud(request: Received) -> Reply:
        if request.method == "POST":
            issued[0] += 1
            return Reply(200, {"access_token": f"token-{issued[0]}", "expires_in": 3600})
        if request.headers["authorization"] in revoked:
            return Reply(401, {"status": 401})
        return Reply(200, {"participants": [{"id": "p-1"}]})

    with recording() as sink:
        sink.answer = cloud
        where = {"api": sink.url, "login": sink.url, "client_id": CLIENT_ID, "secret_env": "SECRET"}
        with running(tmp_path / "tracker", defect, {"SECRET": CLIENT_SECRET}, cloud=where) as tracker:
            tracker.deliver(acd("c-1", "start", 1_800_000_000_000))
            path = "/api/v1/interactions/health"
            assert tracker.get(path, conversationId="c-1")["enrichment"] == {"ok": True, "reason": ""}
            revoked.add("Bearer token-1")
            assert tracker.get(path, conversationId="c-1")["enrichment"]["ok"] == later
            assert issued[0] == 1 + later
