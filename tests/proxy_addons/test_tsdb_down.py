"""Nothing can be written to the time-series store."""

from collections.abc import Callable

import httpx
import pytest

from tests.proxy_addons.conftest import RunningWire, Service

pytestmark = pytest.mark.world


def test_nothing_arrives_until_it_is_over(wire: RunningWire, service: Callable[[str], Service]) -> None:
    tracker = service("api/v2/write")
    lease = wire.arm("tsdb_down", tracker.scope)
    assert tracker.deliver(1) == 503
    assert tracker.arrived() == []
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert tracker.deliver(2) == 200
    assert tracker.numbers() == [2]


def test_the_connection_may_just_end(wire: RunningWire, service: Callable[[str], Service]) -> None:
    tracker = service("api/v2/write")
    wire.arm("tsdb_down", tracker.scope, cut=True)
    with pytest.raises(httpx.RemoteProtocolError):
        tracker.deliver(1)
    assert tracker.arrived() == []
    calls = [entry for entry in wire.records("api") if entry["path"] == tracker.path]
    assert [(entry["status"], entry["touched"]) for entry in calls] == [(0, ["tsdb_down"])]
