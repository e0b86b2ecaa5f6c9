"""Backoff without chance."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """Backoff without jitter: the whole floor comes back in waves, 2, 6, 14 and 30 s after the drop."""

    seen_in = "streaming-client 17.0.2 to today, reproduced"

    def reconnect_delay_s(self) -> float:
        """The whole window, every time."""
        window = self.backoff.window_s()
        self.backoff.failures += 1
        return window
