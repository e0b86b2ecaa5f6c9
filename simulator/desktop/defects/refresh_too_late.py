"""The refresh starts when it is needed."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied


class Defect(DefectiveSession):
    """Refreshes on expiry, not ahead of it: a slow token endpoint logs the agent out."""

    seen_in = "seed 003, layer 2"

    def refresh_lead_s(self) -> float:
        """None."""
        return 0.0

    def refresh_patience_s(self) -> float:
        """Three seconds of the fifteen that a connect may take: the usual default of an SDK."""
        return self.timings.connect_timeout_s / 5

    def refresh_failed(self, reply: Replied) -> None:
        """No answer is a no, once there was a session to lose."""
        if self.times_connected:
            self.log_out("no new token in time")
        else:
            super().refresh_failed(reply)
