"""Token requests take longer, other calls do not."""

import time

import pytest

from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_only_token_requests_take_longer(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("token_refresh_delay", desktop.scope, delay_ms=400)
    assert desktop.get().status_code == 200
    assert wire.touched(lease) == 0
    started = time.monotonic()
    assert desktop.refresh().status_code == 200
    assert time.monotonic() - started >= 0.4
    assert wire.touched(lease) == 1
    api = wire.records("api", agent=desktop.agent)[-1]
    assert (api["path"], api["touched"]) == ("/oauth/token", ["token_refresh_delay"])
