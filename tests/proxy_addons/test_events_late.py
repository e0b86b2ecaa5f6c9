"""Some deliveries arrive late."""

import threading
import time
from collections.abc import Callable

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import RunningWire, Service

pytestmark = pytest.mark.world
MakeService = Callable[[str], Service]


def test_a_delivery_is_late_and_is_not_when_it_is_over(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    wire.arm("events_late", feed.scope, share=1.0, delay_ms=200.0)
    started = time.monotonic()
    assert feed.deliver(1) == 200
    assert feed.arrived()[0].at - started >= 0.2
    wire.control.disarm()
    started = time.monotonic()
    assert feed.deliver(2) == 200
    assert feed.arrived()[1].at - started < 0.2


def test_what_is_held_back_arrives_at_once_when_the_fault_ends(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    lease = wire.arm("events_late", feed.scope, share=1.0, delay_ms=60_000.0)
    sender = threading.Thread(target=feed.deliver, args=(1,))
    sender.start()
    until(lambda: wire.touched(lease), "it to be held back", 20)
    wire.control.disarm(lease=lease)
    sender.join()
    assert feed.numbers() == [1]


def test_those_that_are_not_chosen_pass(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    lease = wire.arm("events_late", feed.scope, share=0.3, delay_ms=50.0, seed=3)
    for number in range(40):
        feed.deliver(number)
    assert 0 < wire.touched(lease) < 40
    assert feed.numbers() == list(range(40))
