"""Whether a path does what was ordered of it: how much must be sent to tell, and what would be too unlikely.

Each judgement errs in fewer than one of a million cases on a path that does as ordered.
"""

import math
from dataclasses import dataclass
from typing import Any

from harness.errors import BadInput
from harness.network.meter import Connects, Heard
from harness.network.shape import Shape

# Of sixty expected events, fewer than 17 or more than 103 are as unlikely as one in a million: five deviations of a
# normal distribution, and one of them more because counts are not normally distributed.
DEVIATIONS = 5.0
EXPECTED_EVENTS = 60.0
MOST = 60_000
SLOW_LINK_S = 10.0
SIZE = 200
# What a busy machine adds to a delay, in milliseconds.
BUSY_MS = 60.0
CONNECTS = 15
CONNECT_WITHIN_S = 3.0


@dataclass(frozen=True)
class Chance:
    """A share of packets (0 to 1) that something happens to, and how much it happens in runs: by `clustering` the
    variance of a count is larger than that of independent packets."""

    share: float
    clustering: float = 1.0

    @property
    def enough(self) -> int:
        """How many datagrams tell."""
        return math.ceil(max(200.0, EXPECTED_EVENTS * self.clustering / self.share))

    def believable(self, happened: int, sent: int) -> bool:
        """Whether `happened` of `sent` can be chance."""
        if not happened:
            return False
        expected = sent * self.share
        deviation = math.sqrt(expected * (1 - self.share) * self.clustering) + 1
        return abs(happened - expected) <= DEVIATIONS * deviation


def loss(shape: Shape) -> Chance:
    """The loss that `shape` makes. In the Gilbert-Elliott model packets are lost in runs; runs decorrelate with
    1 - p - r."""
    if not shape.burst:
        return Chance(shape.loss / 100)
    p, r, bad, good = (value / 100 for value in shape.burst)
    share_bad = p / (p + r)
    share = share_bad * bad + (1 - share_bad) * good
    memory = 1 - p - r
    return Chance(share, max(1.0, (1 + memory) / (1 - memory)))


def affordable(fault: str, chance: Chance, slowest_bit: float) -> int:
    """How many datagrams to send; `BadInput` if they are too many, or too many for a link of `slowest_bit`."""
    most = min(MOST, int(slowest_bit * SLOW_LINK_S / 8 / SIZE)) if slowest_bit else MOST
    if chance.enough > most:
        least = 100 * chance.share * chance.enough / most
        raise BadInput(
            f"the share of {fault}", f"at least {least:.3g} %, to be seen within {most} datagrams", 100 * chance.share
        )
    return chance.enough


def delay_wanted(shape: Shape, heard: Heard) -> bool:
    """Whether the middle delay is the ordered one, a busy machine's own delay allowed."""
    found = heard.p50_ms
    return (
        found is not None
        and shape.delay_ms - shape.jitter_ms - 0.5 <= found <= 1.25 * shape.delay_ms + shape.jitter_ms + BUSY_MS
    )


def rate_kept(ordered_bit: float, found_bit: float) -> bool:
    """Whether no more arrived than the ordered rate allows, with 10 % for what may pass at once; others may have taken
    their part of it."""
    return 0 < found_bit <= 1.1 * ordered_bit


def words(heard: Heard) -> dict[str, Any]:
    """For evidence: plain figures of one way."""
    found: dict[str, Any] = {"datagrams": heard.sent, "lost_percent": heard.lost_percent, "delay_ms": heard.p50_ms}
    if heard.rate_bit:
        found["rate_kbit"] = round(heard.rate_bit / 1000, 1)
    if heard.repeated:
        found["repeated_percent"] = _share(heard.repeated, heard)
    if heard.spoilt:
        found["spoilt_percent"] = _share(heard.spoilt, heard)
    if heard.overtaking:
        found["overtaking_percent"] = _share(heard.overtaking, heard)
    return found


def connect_words(connects: Connects) -> dict[str, Any]:
    """For evidence: plain figures of the connects."""
    return {
        "connects": len(connects.times_ms) + connects.failed,
        "failed": connects.failed,
        "connect_ms": connects.p50_ms,
    }


def _share(count: int, heard: Heard) -> float:
    return round(100 * count / heard.sent, 3)
