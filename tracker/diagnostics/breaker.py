"""A circuit breaker: who fails again and again is left alone for a while, then tried with one question. Pure."""


class Breaker:
    """Opens after `most` failures in a row; `rest_s` later lets one question through, whose outcome decides."""

    def __init__(self, most: int = 5, rest_s: float = 10.0) -> None:
        self._most = most
        self._rest_s = rest_s
        self._failures = 0
        self._closed_again = 0.0
        self._trying = False

    def refusal(self, now: float) -> float | None:
        """None if a question may be asked at `now` (seconds of any clock), else the seconds until one may.

        Whoever may ask must say how it ended: `succeeded`, `failed` or `abandoned`.
        """
        if self._failures < self._most:
            return None
        if now < self._closed_again or self._trying:
            return max(0.0, self._closed_again - now)
        self._trying = True
        return None

    def succeeded(self) -> None:
        """A question was answered."""
        self._failures = 0
        self._trying = False

    def failed(self, now: float) -> None:
        """A question was not answered."""
        self._failures += 1
        self._trying = False
        if self._failures >= self._most:
            self._closed_again = now + self._rest_s

    def abandoned(self) -> None:
        """Whoever asked did not wait for the answer: nothing is known."""
        self._trying = False
