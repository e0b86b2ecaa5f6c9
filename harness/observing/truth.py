"""What really became of each conversation, by the cloud's own state: the measure of what a tracker says.

The cloud writes `cloud.call {conversation, started, ended}` and `cloud.visit {conversation, queue, participant,
entered, left, outcome}` (epoch milliseconds) as its own state changes, not as its event feed tells it.
"""

from dataclasses import dataclass

from harness.evidence import Evidence


@dataclass(frozen=True)
class Stay:
    """One stay in a queue, in epoch milliseconds; `left_ms` is None while it lasts."""

    queue: str
    participant: str
    entered_ms: int
    left_ms: int | None = None
    outcome: str | None = None

    @property
    def dwell_ms(self) -> int | None:
        """How long it was, once it is over."""
        return None if self.left_ms is None else self.left_ms - self.entered_ms


@dataclass(frozen=True)
class Truth:
    """One conversation: its stays in order of entering, and when it began and ended (epoch milliseconds)."""

    conversation: str
    stays: tuple[Stay, ...]
    started_ms: int | None = None
    ended_ms: int | None = None

    @property
    def open(self) -> bool:
        """Whether the customer is still there."""
        return self.ended_ms is None

    @property
    def queue(self) -> str | None:
        """The queue that it waits in now."""
        return next((stay.queue for stay in reversed(self.stays) if stay.left_ms is None), None)

    @property
    def bounces(self) -> int:
        """How often it entered a queue that it had left before."""
        queues = [stay.queue for stay in self.stays]
        return len(queues) - len(set(queues))

    def bounces_to(self, queue: str) -> int:
        """The same for one queue."""
        return max(0, sum(stay.queue == queue for stay in self.stays) - 1)

    def longest_wait_ms(self, now_ms: int) -> int:
        """The longest stay, one that lasts counted until `now_ms`; 0 without any."""
        ends = [(stay.entered_ms, now_ms if stay.left_ms is None else stay.left_ms) for stay in self.stays]
        return max((left - entered for entered, left in ends), default=0)


def truths(evidence: Evidence) -> dict[str, Truth]:
    """Every conversation that the cloud knows, by id, in order of their beginning."""
    stays: dict[str, dict[str, Stay]] = {}
    spans: dict[str, tuple[int | None, int | None]] = {}
    for entry in evidence.of("cloud.visit", "cloud.call", source="cloud"):
        own = stays.setdefault(entry["conversation"], {})
        if entry.kind == "cloud.call":
            spans[entry["conversation"]] = entry["started"], entry["ended"]
            continue
        stay = (entry["queue"], entry["participant"], entry["entered"], entry["left"], entry["outcome"])
        own[entry["participant"]] = Stay(*stay)
    return {
        conversation: Truth(conversation, tuple(own.values()), *spans.get(conversation, (None, None)))
        for conversation, own in stays.items()
    }
