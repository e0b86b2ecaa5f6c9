"""The tracker's own server with an intake that looks at nothing and keeps nothing: what serving alone costs."""

import sys

from tracker import __main__ as command
from tracker.intake import ACCEPTED, Intake, Reply
from tracker.parts import Parts


class Idle(Intake):
    """Says that it accepted."""

    def take(self, body: bytes, reply: Reply) -> None:
        """At once."""
        reply(ACCEPTED)


if __name__ == "__main__":
    sys.exit(command.main(parts=Parts(intake=Idle)))
