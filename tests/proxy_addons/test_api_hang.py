"""Calls are accepted and not answered."""

import threading

import httpx
import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_a_call_hangs_and_leaves_evidence_when_its_caller_gives_up(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("api_hang", desktop.scope)
    executed = len(desktop.upstream.requests)
    with pytest.raises(httpx.ReadTimeout):
        desktop.http.get("/api/v2/things/1", timeout=0.2)
    until(lambda: wire.records("api", agent=desktop.agent)[-1]["status"] == 0, "evidence of the call", 20)
    api = wire.records("api", agent=desktop.agent)[-1]
    assert 190 <= api["ms"] < 1000  # two clocks: the caller's limit of 200 ms, and the wire's
    assert api["touched"] == ["api_hang"]
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert desktop.get().status_code == 200
    assert len(desktop.upstream.requests) == executed + 1


def test_a_caller_that_still_waits_is_answered_after_the_fault(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_hang", plain_desktop.scope)
    statuses: list[int] = []
    caller = threading.Thread(target=lambda: statuses.append(plain_desktop.get().status_code))
    caller.start()
    until(lambda: wire.touched(lease), "the call to hang", 20)
    assert wire.control.stats(agents=[plain_desktop.agent]).count > 0
    wire.control.disarm(fault="api_hang")
    caller.join()
    assert statuses == [200]


def test_a_call_that_hangs_counts_with_what_it_has_waited(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_hang", plain_desktop.scope, seconds=3)
    caller = threading.Thread(target=plain_desktop.get)
    caller.start()
    until(lambda: wire.touched(lease), "the call to hang", 20)
    until(lambda: wire.control.stats(agents=[plain_desktop.agent]).p99_ms > 300, "p99 to rise", 20)
    wire.control.disarm()
    caller.join()
