"""What of an RTP stream arrived: loss and jitter as RFC 3550 counts them (appendix A.1, A.3, A.8). Pure."""

from dataclasses import dataclass

from simulator.media.rtp import CLOCK_HZ, SAMPLES, SEQUENCES, TIMESTAMPS, Packet

# RFC 3550, appendix A.1: a larger step is a sender that started anew, a smaller one backwards is disorder.
MAX_DROPOUT = 3000
MAX_MISORDER = 100


@dataclass(frozen=True, slots=True)
class Report:
    """Packets over a span of time. `expected` is what the sender's numbers say, `due` what the time should have brought
    since the first packet; `jitter_ms` is the newest estimate.

    Duplicates count as received (RFC 3550, section 6.4.1).
    """

    expected: int = 0
    received: int = 0
    jitter_ms: float = 0.0
    due: int = 0

    @property
    def loss_percent(self) -> float:
        """Share of the wanted packets that did not come, 0 to 100; 100 where nothing came at all."""
        if not self.received:
            return 100.0
        return round(100.0 * max(0, self.wanted - self.received) / self.wanted, 2)

    @property
    def wanted(self) -> int:
        """How many packets make a whole voice, by their numbers or by the time, whichever asks for more.

        A queue that fills on the way leaves no gap in the numbers for a while, only fewer packets.
        """
        return max(self.expected, self.due)

    def since(self, before: "Report") -> "Report":
        """What came between `before` and this one."""
        due = self.due - before.due
        return Report(self.expected - before.expected, self.received - before.received, self.jitter_ms, due)


class Reception:
    """The stream of one sender, by arrival times in seconds on any clock; RTP times run at `clock_hz`."""

    def __init__(self, clock_hz: float = CLOCK_HZ) -> None:
        self.received = 0
        self._first_arrival: float | None = None
        self._clock_hz = clock_hz
        self._base = 0
        self._highest = -1
        self._bad_next: int | None = None
        self._before = 0
        self._jitter = 0.0
        self._transit: float | None = None

    def arrived(self, packet: Packet, at_s: float) -> None:
        """Count one packet."""
        if self._first_arrival is None:
            self._first_arrival = at_s
        if self._counts(packet.sequence):
            self.received += 1
            self._time(packet.timestamp, at_s)

    def report(self, now_s: float) -> Report:
        """All until now; jitter in ms of the sender's clock."""
        jitter_ms = round(1000.0 * self._jitter / CLOCK_HZ, 2)
        if self._first_arrival is None:
            return Report()
        due = int((now_s - self._first_arrival) * self._clock_hz / SAMPLES)
        return Report(self._before + self._highest - self._base + 1, self.received, jitter_ms, due)

    def _counts(self, sequence: int) -> bool:
        """A.1 without probation: the streams here are announced, and their SSRC is known."""
        if self._highest < 0:
            self._begin(sequence)
            return True
        step = (sequence - self._highest) % SEQUENCES
        if step < MAX_DROPOUT:
            self._highest += step
        elif step <= SEQUENCES - MAX_MISORDER:
            if sequence != self._bad_next:
                self._bad_next = (sequence + 1) % SEQUENCES
                return False
            self._before += self._highest - self._base + 1
            self._begin(sequence)
        self._bad_next = None
        return True

    def _begin(self, sequence: int) -> None:
        self._base = self._highest = sequence
        self._transit = None

    def _time(self, timestamp: int, at_s: float) -> None:
        """A.8: transit times differ by a constant, so only their differences count; both clocks may wrap."""
        arrival = at_s * self._clock_hz
        transit = arrival - timestamp
        if self._transit is not None:
            difference = (transit - self._transit + TIMESTAMPS / 2) % TIMESTAMPS - TIMESTAMPS / 2
            self._jitter += (abs(difference) - self._jitter) / 16
        self._transit = transit
