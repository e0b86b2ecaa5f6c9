"""Everybody is on their own."""

from dataclasses import replace

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied
from simulator.desktop.rest import Request

CONSUMERS = ("presence", "routing status", "conversations", "notifications")


class Defect(DefectiveSession):
    """Whoever meets a dead token refreshes for themselves, again and again: a storm on the token endpoint."""

    seen_in = "Python SDK 269: 591 token calls in 60 s"

    def unauthorized(self, request: Request, reply: Replied) -> None:
        """Refresh and try again, without a limit."""
        self.waiting.append(replace(request, token=None))
        self.token_died()

    def token_died(self) -> None:
        """Each part of the desktop has a client of its own, and none of them asks the others."""
        self.token = None
        for _ in CONSUMERS:
            self.send_refresh()
