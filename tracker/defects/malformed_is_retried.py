"""A bad event is answered with a server error, and redelivered for ever.

Whoever cannot read a delivery says that it is its own fault, and is asked again and again.
"""

from dataclasses import replace

from tracker.envelope import Bad
from tracker.intake import NOT_KEPT, Intake, Reply
from tracker.parts import Parts

SEEN_IN = "seed 000"


class Blames(Intake):
    """Keeps no dead letters."""

    def take(self, body: bytes, reply: Reply) -> None:
        """503 if anything is wrong with the delivery."""
        if any(isinstance(item, Bad) for item in self.read(body)):
            reply(NOT_KEPT)
        else:
            super().take(body, reply)


def plant(parts: Parts) -> Parts:
    """The defect is in the intake."""
    return replace(parts, intake=Blames)
