"""Calls are answered 429 with the headers of the real cloud."""

import pytest

from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_calls_are_answered_429_with_the_headers(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("rate_limit", desktop.scope, retry_after_s=2)
    executed = len(desktop.upstream.requests)
    answer = desktop.get()
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "2"
    names = ("inin-ratelimit-count", "inin-ratelimit-allowed", "inin-ratelimit-reset")
    assert [answer.headers[name] for name in names] == ["301", "300", "2"]
    assert answer.json()["message"] == "Rate limit exceeded the maximum. Retry the request in [2] seconds"
    assert answer.json()["code"] == "too.many.requests"
    assert len(desktop.upstream.requests) == executed
    assert wire.touched(lease) == 1


def test_a_share_of_the_calls_passes(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("rate_limit", plain_desktop.scope, rate=0.5)
    assert {plain_desktop.get().status_code for _ in range(20)} == {200, 429}
