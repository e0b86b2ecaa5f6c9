"""What a delivery is answered."""

from typing import NamedTuple


class Answer(NamedTuple):
    """How many events of one delivery were accepted, known already, of no interest, or kept as dead letters.

    `kept` is False if they could not be made durable: then nothing is acknowledged, and the sender tries again.
    """

    accepted: int = 0
    duplicates: int = 0
    unsupported: int = 0
    rejected: int = 0
    kept: bool = True

    @property
    def status(self) -> int:
        """200 if anything was usable; 400 is final for EventBridge, 503 is not."""
        if not self.kept:
            return 503
        return 200 if self.accepted or self.duplicates or self.unsupported else 400
