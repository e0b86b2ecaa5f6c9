"""When an interaction counts as stuck or as bouncing; each queue may have limits of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """Stuck: inside a queue for more than `max_dwell_s`. Bouncing: back in a queue more than `max_bounces` times."""

    max_dwell_s: float = 300.0
    max_bounces: int = 3


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of every queue: its own, or the default."""

    default: Limits = Limits()
    queues: Mapping[str, Limits] = field(default_factory=dict)

    def of(self, queue: str) -> Limits:
        """The limits that hold in `queue`."""
        return self.queues.get(queue, self.default)
