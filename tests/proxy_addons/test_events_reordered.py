"""Some deliveries arrive after later ones."""

import threading
import time
from collections.abc import Callable
from random import Random

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import RunningWire, Service

pytestmark = pytest.mark.world
MakeService = Callable[[str], Service]


def test_one_that_is_held_back_arrives_after_those_sent_later(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    lease = wire.arm(
        "events_reordered", feed.scope, share=0.4, overtaken_by=2, hold_ms=30_000.0, seed=first_alone(feed)
    )
    held = threading.Thread(target=feed.deliver, args=(0,))
    held.start()
    until(lambda: wire.touched(lease), "the first to be held back", 20)
    other = threading.Thread(target=lambda: [feed.deliver(number) for number in (1, 2)])
    other.start()
    other.join()
    held.join()
    assert feed.numbers() == [1, 2, 0]


def test_one_that_nothing_overtakes_goes_on_after_its_time(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    wire.arm("events_reordered", feed.scope, share=1.0, hold_ms=150.0)
    started = time.monotonic()
    assert feed.deliver(1) == 200
    assert 0.15 <= feed.arrived()[0].at - started < 5
    wire.control.disarm()
    assert feed.deliver(2) == 200
    assert feed.numbers() == [1, 2]


def test_the_end_of_the_fault_lets_everything_go(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    lease = wire.arm("events_reordered", feed.scope, share=1.0, hold_ms=60_000.0)
    held = threading.Thread(target=feed.deliver, args=(1,))
    held.start()
    until(lambda: wire.touched(lease), "it to be held back", 20)
    wire.control.disarm()
    held.join()
    assert feed.numbers() == [1]


def first_alone(feed: Service) -> int:
    """A seed with which the first delivery is chosen and the two after it are not."""

    def dice(seed: int, number: int) -> float:
        return Random(f"{seed}:events_reordered:None{feed.path}:{number}").random()

    return next(seed for seed in range(1000) if dice(seed, 1) < 0.4 and dice(seed, 2) >= 0.4 and dice(seed, 3) >= 0.4)
