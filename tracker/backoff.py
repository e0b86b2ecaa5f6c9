"""How long to wait before trying again: exponential, with full jitter. Pure.

Source: "Exponential Backoff And Jitter", AWS Architecture Blog: full jitter spreads a crowd best for the least work.
"""

from random import Random


class Backoff:
    """Waits of 0 to `first_s`, then twice that each time, up to `most_s`; chance comes from `chance`."""

    def __init__(self, chance: Random, first_s: float = 0.2, most_s: float = 30.0) -> None:
        self._chance = chance
        self._first_s = first_s
        self._most_s = most_s
        self.failures = 0

    def failed(self, least_s: float = 0.0) -> float:
        """Seconds to wait after one more failure: at least `least_s`, which the other side may have asked for."""
        longest = min(self._most_s, self._first_s * 2.0 ** min(self.failures, 30))
        self.failures += 1
        return least_s + self._chance.uniform(0.0, longest)

    def succeeded(self) -> None:
        """Begin again from the shortest wait."""
        self.failures = 0
