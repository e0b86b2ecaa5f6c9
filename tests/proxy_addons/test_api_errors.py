"""Calls fail with a mix of statuses, before or after the cloud has carried them out."""

import pytest

from harness.errors import BadInput
from harness.scope import Scope
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_calls_are_answered_with_an_error_body_and_do_not_reach_the_cloud(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("api_errors", desktop.scope, statuses="503")
    executed = len(desktop.upstream.requests)
    answer = desktop.get()
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (503, 503, "service.unavailable")
    assert body["contextId"] == answer.headers["ININ-Correlation-Id"]
    assert len(desktop.upstream.requests) == executed
    assert wire.touched(lease) == 1
    api = wire.records("api", agent=desktop.agent)[-1]
    assert (api["status"], api["path"], api["touched"]) == (503, "/api/v2/things/10", ["api_errors"])
    wire.control.disarm()
    assert desktop.get().status_code == 200


def test_a_call_can_fail_although_it_was_carried_out(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("api_errors", plain_desktop.scope, statuses="500", execute=True)
    executed = len(plain_desktop.upstream.requests)
    assert plain_desktop.get().status_code == 500
    assert len(plain_desktop.upstream.requests) == executed + 1


def test_the_same_seed_fails_the_same_calls_with_the_same_statuses(wire: RunningWire, plain_desktop: Desktop) -> None:
    def statuses(seed: int) -> list[int]:
        lease = wire.arm("api_errors", plain_desktop.scope, seed=seed, rate=0.5)
        found = [plain_desktop.get().status_code for _ in range(100)]
        wire.control.disarm(lease=lease)
        return found

    first = statuses(1)
    assert set(first) == {200, 500, 502, 503}
    assert statuses(1) == first
    assert statuses(2) != first


def test_only_paths_in_scope_fail(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("api_errors", Scope(agents=(plain_desktop.agent,), path="/api/v2/users/*"))
    assert plain_desktop.get().status_code == 200
    assert plain_desktop.http.get("/api/v2/users/me?expand=presence").status_code >= 500


@pytest.mark.parametrize("statuses", ["", "200", "500,", "many"])
def test_statuses_that_are_no_errors_are_refused(wire: RunningWire, statuses: str) -> None:
    with pytest.raises(BadInput, match="expected statuses from 400 to 599"):
        wire.arm("api_errors", statuses=statuses)
    assert wire.control.state() == []
