"""When an interaction counts as stuck or as bouncing; each queue may have limits of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tracker.settings import Limits


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits of every queue: its own, or the default."""

    default: Limits = field(default_factory=Limits)
    queues: Mapping[str, Limits] = field(default_factory=dict)

    def of(self, queue: str) -> Limits:
        """The limits that hold in `queue`."""
        return self.queues.get(queue, self.default)
