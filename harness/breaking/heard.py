"""What comes of numbered events on a notification socket."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Heard:
    """What came of `sent` numbered events: the numbers in order of arrival, and each one's delay in ms."""

    sent: int
    numbers: tuple[int, ...]
    delays_ms: tuple[float, ...]

    @property
    def missing(self) -> int:
        """How many never came."""
        return self.sent - len(set(self.numbers))

    @property
    def repeated(self) -> int:
        """How many came more than once."""
        return len(self.numbers) - len(set(self.numbers))

    @property
    def overtaken(self) -> int:
        """How many came after one that was sent later."""
        return sum(number < max(self.numbers[:place]) for place, number in enumerate(self.numbers) if place)

    @property
    def normal(self) -> bool:
        """Whether each came once and in order."""
        return self.numbers == tuple(range(self.sent))

    def __str__(self) -> str:
        return (
            f"{self.sent} events sent: {self.missing} missing, {self.repeated} repeated, {self.overtaken} overtaken, "
            f"slowest {max(self.delays_ms, default=0):.0f} ms"
        )
