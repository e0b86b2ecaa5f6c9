"""One way over one link of ours while a fault is being proved: what was ordered, and what can be sent to see it."""

from dataclasses import dataclass

from harness.errors import FaultNotInForce
from harness.network.meter import Heard, Meter
from harness.network.place import Way
from harness.network.proof import MOST, SIZE, Chance, affordable, words
from harness.network.shape import Shape, burst_of

# Beside faults that slow a link down, a measurement leaves the desktops half of it.
SHARE_OF_RATE = 0.5
FLOOD = 2.0
FLOOD_S = 0.5
FLOOD_DATAGRAMS = 60
LARGEST = 1400
# At this rate a flood is still faster than the link.
FASTEST_BIT = 200_000_000
STREAM_S = 0.5
STREAM_WITHIN_S = 2.0


@dataclass(frozen=True)
class Look:
    """`own` is what the fault itself orders, `shape` all that is ordered for UDP there, by it and by others."""

    fault: str
    way: Way
    own: Shape
    shape: Shape
    meter: Meter

    def count(self, chance: Chance) -> Heard:
        """As many datagrams as it takes to see what happens to that share of them. Whether that can be afforded was
        asked before anything was touched."""
        rate = self.pace()
        return self.send(affordable(self.fault, chance, rate), rate_bit=rate)

    def pace(self, most_bit: float = 0) -> float:
        """How fast to send: at most `most_bit`, and half of what the link lets through; 0 for as fast as it goes."""
        limits = [limit for limit in (most_bit, self.shape.rate_bit * SHARE_OF_RATE) if limit]
        return min(limits, default=0)

    def send(self, count: int, size: int = SIZE, rate_bit: float = 0) -> Heard:
        """So many datagrams; those later than the ordered delay allows are lost."""
        late_s = 0.3 + (2 * self.shape.delay_ms + 4 * self.shape.jitter_ms) / 1000
        return self.meter.datagrams(self.way is Way.FROM_DESKTOPS, count, size, rate_bit, late_s)

    def flood(self, largest: int = LARGEST) -> Heard:
        """For half a second twice as much as the link lets through, in datagrams of a size that suits its rate."""
        rate = FLOOD * self.shape.rate_bit
        size = int(min(largest, max(SIZE, rate * FLOOD_S / 8 / FLOOD_DATAGRAMS)))
        count = min(MOST, max(FLOOD_DATAGRAMS, int(rate * FLOOD_S / 8 / size)))
        # What may pass at once is used up first: on a slow link it would be most of what is heard.
        self.send(min(MOST, burst_of(self.shape) // size + 1), size)
        return self.send(count, size, rate)

    def stream_bit(self) -> float:
        """How fast TCP is, in bit/s, over half a second's worth of the ordered rate."""
        size = int(self.own.rate_bit * STREAM_S / 8)
        return self.meter.stream_bit(self.way is Way.FROM_DESKTOPS, size, STREAM_WITHIN_S)

    def refuse(self, expected: str, found: Heard | str) -> FaultNotInForce:
        """The error for a path on which it is otherwise."""
        return FaultNotInForce(
            self.fault, f"{expected} {self.way}", found if isinstance(found, str) else str(words(found))
        )
