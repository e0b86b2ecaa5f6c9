"""Logging out stops what is there, not what is on its way."""

from typing import Any

from simulator.desktop.connection import Phase
from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """A log-out does not cancel the attempt in flight: a moment later the agent is back, and gets calls."""

    seen_in = "streaming-client 19.3.0"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.forgotten = False

    def log_out(self, reason: str) -> None:
        """Whoever is connected is disconnected; whoever is on the way goes on."""
        if self.connected:
            super().log_out(reason)
        else:
            self.record("logged_out", reason=reason)
            self.forgotten = True

    def banner(self) -> str:
        """Logged out, until the attempt succeeds."""
        return super().banner() if self.connected or not self.forgotten else Phase.LOGGED_OUT.value
