"""Some deliveries arrive more than once."""

from collections.abc import Callable

import pytest

from harness.waiting import until
from tests.proxy_addons.conftest import Desktop, RunningWire, Service

pytestmark = pytest.mark.world
MakeService = Callable[[str], Service]


def test_a_delivery_arrives_once_more_for_each_copy_and_once_when_it_is_over(
    wire: RunningWire, service: MakeService
) -> None:
    feed = service("eventbridge")
    lease = wire.arm("events_duplicated", feed.scope, share=1.0, copies=2)
    assert feed.deliver(1) == 200
    until(lambda: feed.numbers() == [1, 1, 1], "both copies", 20)
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert feed.deliver(2) == 200
    assert feed.numbers() == [1, 1, 1, 2]


def test_copies_are_in_the_books_as_what_they_are(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")
    wire.arm("events_duplicated", feed.scope, share=1.0)
    feed.deliver(1)
    until(lambda: len([e for e in wire.records("api") if e["path"] == feed.path]) == 2, "both in the evidence", 20)
    calls = [entry for entry in wire.records("api") if entry["path"] == feed.path]
    assert sorted(str(entry.get("copy_of")) for entry in calls) == ["None", "events_duplicated"]
    assert [entry["status"] for entry in calls] == [200, 200]


def test_the_same_seed_repeats_the_same_deliveries(wire: RunningWire, service: MakeService) -> None:
    feed = service("eventbridge")

    def repeated(first: int) -> list[int]:
        lease = wire.arm("events_duplicated", feed.scope, seed=5, share=0.5)
        for number in range(first, first + 40):
            feed.deliver(number)
        expected = 40 + wire.touched(lease)
        until(lambda: len([n for n in feed.numbers() if n >= first]) == expected, "every copy", 20)
        wire.control.disarm()
        return [number - first for number in range(first, first + 40) if feed.numbers().count(number) > 1]

    once = repeated(0)
    assert 0 < len(once) < 40
    assert repeated(100) == once


def test_what_is_no_delivery_is_left_alone(wire: RunningWire, plain_desktop: Desktop) -> None:
    lease = wire.arm("events_duplicated", share=1.0)
    plain_desktop.get()
    assert wire.touched(lease) == 0
