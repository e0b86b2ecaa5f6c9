"""The cloud's time as the API shows it."""

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from simulator.cloud.cloud import instant

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud


class Clock:
    """Epoch milliseconds that never go back: the wall date at the start, moved on by the monotonic clock."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._offset_s = cloud.wall().timestamp() - cloud.now()

    def now_ms(self) -> int:
        """Now, rounded up so that a timer that has just rung finds its deadline reached."""
        return math.ceil((self._cloud.now() + self._offset_s) * 1000)

    def seconds_until(self, at_ms: int) -> float:
        """Wall seconds until `at_ms`, 0 where it is over."""
        return max(0.0, at_ms / 1000 - self._offset_s - self._cloud.now())


def iso(at_ms: int) -> str:
    """`at_ms` as Genesys writes dates: `2026-03-19T22:04:48.128Z`."""
    return instant(datetime.fromtimestamp(at_ms / 1000, UTC))


def iso_or_none(at_ms: int | None) -> str | None:
    """The same where there is a time."""
    return None if at_ms is None else iso(at_ms)
