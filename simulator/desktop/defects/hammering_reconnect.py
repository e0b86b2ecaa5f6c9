"""No backoff worth the name."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """Tries again four times a second for as long as it takes: the recovering service is kept down."""

    seen_in = "streaming-client 15.1.1"

    def reconnect_delay_s(self) -> float:
        """A quarter of a second (an eighth of the healthy base), however often it failed."""
        return self.timings.backoff_base_s / 8

    def retry(self, retry_after_s: float | None = None) -> None:
        """Whatever the server asks for."""
        super().retry(None)
