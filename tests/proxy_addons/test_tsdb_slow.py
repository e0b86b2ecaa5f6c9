"""Writes to the time-series store take longer."""

import time
from collections.abc import Callable

import pytest

from tests.proxy_addons.conftest import RunningWire, Service

pytestmark = pytest.mark.world


def test_writes_take_longer_until_it_is_over(wire: RunningWire, service: Callable[[str], Service]) -> None:
    tracker = service("api/v2/write")
    lease = wire.arm("tsdb_slow", tracker.scope, delay_ms=200.0)
    started = time.monotonic()
    assert tracker.http.post(f"{tracker.path}?bucket=b", content="dwell value=1").status_code == 200
    assert time.monotonic() - started >= 0.2
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert tracker.deliver(2) == 200
    assert wire.touches(2, tracker.path) == [["tsdb_slow"], []]
