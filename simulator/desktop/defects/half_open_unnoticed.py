"""Nobody watches the heartbeat."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """A dead socket stays connected: no call arrives, and the screen says that all is well."""

    seen_in = "streaming-client 17.1.3"

    def listen_for_silence(self) -> None:
        """Only remember when something was heard."""
        self.last_heard = self.now
