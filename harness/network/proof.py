"""Whether a path does what was ordered of it: how much must be sent to tell, and what would be too unlikely.

Each judgement by counts errs in fewer than one of a million cases on a path that does as ordered; what other faults in
force do to what is counted is reckoned with.
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
# Of the bytes of such a datagram with Ethernet, IPv4 and UDP headers, where a wrong bit is seen in what arrives, and
# where it changes nothing for whom it arrives at: the Ethernet source and the UDP source port. Elsewhere it is fatal.
SEEN_SPOILT, UNHARMED = (SIZE - 42) / SIZE, (6 + 2) / SIZE
# What a busy machine adds to a delay, in milliseconds.
BUSY_MS = 60.0
# So much less than the ordered delay, in jitters, may the middle of many be: pareto's own is 0.32 less (the table of
# iproute2 is 4/3 (x^-1/3 - 3/2)), and five deviations of the middle of 150 are at most 0.41.
LESS = 0.7
# The least delay that is told from none.
LEAST_DELAY_MS = 1.0
CONNECTS = 15
CONNECT_WITHIN_S = 3.0


@dataclass(frozen=True)
class Chance:
    """A share of packets (0 to 1) that something happens to, and how much it happens in runs: by `clustering` the
    variance of a count is larger than that of independent packets.

    `besides` of the share is there without the fault that is looked for."""

    share: float
    clustering: float = 1.0
    besides: float = 0.0

    @property
    def enough(self) -> int:
        """How many datagrams tell, if it happens to any."""
        own = self.share - self.besides
        return math.ceil(max(200.0, EXPECTED_EVENTS * self.clustering / own * (1 + 2.5 * self.besides / own)))

    def believable(self, happened: int, sent: int) -> bool:
        """Whether `happened` of `sent` can be chance."""
        return happened > 0 and abs(happened - sent * self.share) <= self._spread(sent)

    def at_most(self, happened: int, sent: int) -> bool:
        """Whether `happened` of `sent` is no more than can be chance."""
        return happened <= sent * self.share + (self._spread(sent) if self.share else 0)

    def _spread(self, sent: int) -> float:
        return DEVIATIONS * (math.sqrt(sent * self.share * (1 - self.share) * self.clustering) + 1)


def loss(shape: Shape) -> Chance:
    """What does not arrive under `shape`; `besides` is what is spoilt in its headers."""
    ordered, spoilt, twice = _ordered_loss(shape), _fatal(shape), shape.duplicate / 100

    def gone(lost: float) -> float:
        either = lost + (1 - lost) * spoilt
        # netem chooses what comes twice first; what it then chooses to lose comes once.
        return (1 - twice) * either + twice * spoilt * (lost + (1 - lost) * either)

    return Chance(gone(ordered.share), ordered.clustering, gone(0))


def corruption(shape: Shape) -> Chance:
    """Of the datagrams that arrive, those that `shape` spoilt."""
    return Chance(shape.corrupt / 100 * SEEN_SPOILT / (1 - _fatal(shape)))


def duplication(shape: Shape) -> Chance:
    """What arrives twice, whole, under `shape`."""
    whole, lost = 1 - shape.corrupt / 100 * (1 - UNHARMED), _ordered_loss(shape).share
    lost_too = shape.burst[0] / 100 if shape.burst else lost
    return Chance(shape.duplicate / 100 * (1 - lost) * (1 - lost_too) * whole**2)


def reordering(shape: Shape) -> Chance:
    """Of the datagrams that arrive, those that are held back; the others overtake them."""
    return Chance(1 - shape.reorder / 100)


def _fatal(shape: Shape) -> float:
    return shape.corrupt / 100 * (1 - SEEN_SPOILT - UNHARMED)


def _ordered_loss(shape: Shape) -> Chance:
    """In the Gilbert-Elliott model packets are lost in runs; runs decorrelate with 1 - p - r."""
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
    if chance.share <= chance.besides:
        raise BadInput(f"{fault} on a link", "datagrams that arrive, to be seen in", "none, by another fault")
    if chance.enough > most:
        least = 100 * chance.share * chance.enough / most
        raise BadInput(
            f"the share of {fault}", f"at least {least:.3g} %, to be seen within {most} datagrams", 100 * chance.share
        )
    return chance.enough


def least_delay_ms(shape: Shape) -> float:
    """What the middle of many delays is at least: a little less than ordered, for the clocks."""
    return 0.9 * (shape.delay_ms - LESS * shape.jitter_ms)


def delay_wanted(shape: Shape, heard: Heard) -> bool:
    """Whether the middle delay is the ordered one, a busy machine's own delay allowed."""
    return heard.p50_ms is not None and heard.p50_ms >= least_delay_ms(shape) and not_later(shape, heard)


def not_later(shape: Shape, heard: Heard) -> bool:
    """Whether the middle delay is at most the ordered one, a busy machine's own delay allowed."""
    return heard.p50_ms is not None and heard.p50_ms <= 1.25 * shape.delay_ms + shape.jitter_ms + BUSY_MS


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
