"""How long to wait before trying again."""

import random
from dataclasses import dataclass

from simulator.desktop.timings import Timings


@dataclass
class Backoff:
    """Exponential with full jitter: anything between next to nothing and base x 2^failures, at most the maximum."""

    timings: Timings
    random: random.Random
    failures: int = 0

    def window_s(self) -> float:
        """The longest wait after this many failures."""
        return min(self.timings.backoff_max_s, self.timings.backoff_base_s * 2.0 ** min(self.failures, 16))

    def delay_s(self) -> float:
        """A wait by chance; counts a failure."""
        window = self.window_s()
        self.failures += 1
        return max(self.timings.backoff_min_s, self.random.uniform(0.0, window))

    def reset(self) -> None:
        """It worked, for long enough."""
        self.failures = 0
