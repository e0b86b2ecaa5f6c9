"""Calls take longer, precisely, and are let go when the fault ends."""

import threading
import time

import pytest

from harness.scope import Direction, Scope
from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def milliseconds(desktop: Desktop) -> float:
    started = time.monotonic()
    assert desktop.get().status_code == 200
    return (time.monotonic() - started) * 1000


def test_calls_take_longer_while_it_is_armed_and_not_after(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("api_latency", desktop.scope, delay_ms=200.0)
    assert milliseconds(desktop) >= 200
    assert wire.touched(lease) == 1
    assert wire.control.disarm(lease=lease) == [lease]
    assert desktop.get().status_code == 200
    assert wire.touches(2, "/api/v2/things/10", desktop.agent) == [["api_latency"], []]


def test_the_answer_is_held_back_if_that_direction_is_meant(wire: RunningWire, plain_desktop: Desktop) -> None:
    scope = Scope(agents=(plain_desktop.agent,), direction=Direction.TO_DESKTOP)
    lease = wire.arm("api_latency", scope, delay_ms=100.0)
    assert milliseconds(plain_desktop) >= 100
    assert wire.touched(lease) == 1


def test_others_are_not_touched(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_latency", Scope(agents=("somebody else",)), delay_ms=60_000.0)
    assert milliseconds(plain_desktop) < 30_000
    assert wire.touched(lease) == 0


def test_a_call_that_is_held_back_goes_on_when_the_fault_is_disarmed(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_latency", plain_desktop.scope, delay_ms=60_000.0)
    took: list[float] = []
    caller = threading.Thread(target=lambda: took.append(milliseconds(plain_desktop)))
    caller.start()
    until(lambda: wire.touched(lease), "the call to be held back", 20)
    wire.control.disarm(lease=lease)
    caller.join()
    assert took[0] < 30_000


def test_the_time_limit_is_in_the_addon(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("api_latency", plain_desktop.scope, seconds=0.3, delay_ms=60_000.0)
    assert milliseconds(plain_desktop) < 30_000
    assert wire.control.state() == []
    assert [e["why"] for e in wire.records("fault.disarmed") if e["id"] == lease] == ["time"]
    assert wire.control.disarm(lease=lease) == []


def test_the_same_seed_gives_each_agent_the_same_delays(wire: RunningWire, plain_desktop: Desktop) -> None:
    def delays() -> list[str]:
        lease = wire.arm("api_latency", plain_desktop.scope, seed=11, delay_ms=20.0, jitter_ms=20.0)
        for _ in range(5):
            plain_desktop.get()
        wire.control.disarm(lease=lease)
        return [e["what"] for e in wire.records("fault.touched") if e["id"] == lease]

    first = delays()
    assert len(set(first)) > 1
    assert delays() == first
