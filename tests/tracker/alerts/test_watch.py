"""What is stuck is found while it is stuck, close to its deadline."""

import asyncio
import time
from collections.abc import Sequence

from harness.waiting import eventually
from tracker.alerts.lifecycle import Condition
from tracker.alerts.watch import watch
from tracker.events import Event, Kind
from tracker.ledger import Ledger, Limits, Thresholds


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def test_a_stay_is_reported_when_its_limit_passes_and_not_before() -> None:
    ledger = Ledger(Thresholds(Limits(max_dwell_s=0.5)))
    found: list[tuple[int, Condition]] = []

    def take(conditions: Sequence[Condition]) -> None:
        found.extend((now_ms(), condition) for condition in conditions)

    async def run() -> None:
        watching = asyncio.create_task(watch(ledger, take))
        await asyncio.sleep(0)  # waits: for the watch to tell the ledger the time
        entered = now_ms()
        ledger.apply(Event("e-1", "c-1", Kind.ACD_START, entered, "p-1", "billing"))
        await eventually(lambda: found, "the stay to be found", 20)
        [(at, condition)] = found
        assert (condition.kind, condition.conversation, condition.queue) == ("stuck", "c-1", "billing")
        assert 500 < at - entered < 1000
        ledger.apply(Event("e-2", "late", Kind.ACD_START, now_ms() - 10_000, "p-2", "billing"))
        late = now_ms()
        await eventually(lambda: len(found) == 2, "the stay that began before it was heard of", 20)
        assert found[1][0] - late < 600
        watching.cancel()

    asyncio.run(run())
