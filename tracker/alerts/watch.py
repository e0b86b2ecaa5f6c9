"""Finds what is stuck while it is stuck: asks the ledger when its next deadline is due."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from tracker.alerts.lifecycle import Condition

# An event that comes late may bring a deadline before the one that is waited for: the first one is looked at this
# often, which costs one comparison whatever the number of conversations.
LOOK_EVERY_S = 0.25
# The ledger's forgetting is done by the same call and wants no exact time.
FORGET_EVERY_S = 5.0


class Deadlines(Protocol):
    """What is asked of the ledger; times in epoch milliseconds."""

    def due(self, now_ms: int) -> Sequence[Condition]:
        """What became stuck until now."""

    def next_deadline(self) -> int | None:
        """When something may become stuck next."""


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


async def watch(
    ledger: Deadlines, take: Callable[[Sequence[Condition]], None], now_ms: Callable[[], int] = _wall_ms
) -> None:
    """Give `take` what becomes stuck, within a quarter of a second of its deadline, for ever; in the ledger's loop."""
    forgot = 0.0
    while True:
        deadline, now = ledger.next_deadline(), now_ms()
        if (deadline is not None and deadline < now) or time.monotonic() - forgot >= FORGET_EVERY_S:
            forgot = time.monotonic()
            take(ledger.due(now))
            deadline = ledger.next_deadline()
        left_s = LOOK_EVERY_S if deadline is None else (deadline + 1 - now_ms()) / 1000
        await asyncio.sleep(min(LOOK_EVERY_S, max(0.001, left_s)))  # waits: for the ledger's next deadline
