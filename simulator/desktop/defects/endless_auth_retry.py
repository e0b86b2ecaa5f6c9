"""A definite no is taken for a maybe."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied


class Defect(DefectiveSession):
    """Tries to log in for ever after a definite authentication failure; the agent is never told to log in again."""

    seen_in = "streaming-client 2018-07"

    def refresh_refused(self, reply: Replied) -> None:
        """Try again at the pace of a reconnect."""
        self.set_alarm("refresh", self.timings.backoff_base_s, self.refresh)
