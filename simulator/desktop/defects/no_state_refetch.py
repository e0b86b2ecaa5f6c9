"""Events are thought to be enough."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """What happened while the socket was down is never read: stale presence, ghost calls."""

    seen_in = "streaming-client 19.4.1, by design, reproduced"

    def must_look_first(self) -> bool:
        """Only after the log-in."""
        return self.times_connected == 0

    def reread(self) -> None:
        """Only after the log-in."""
        if self.times_connected == 0:
            super().reread()
        else:
            self.caught_up()

    def confirm_presence(self) -> None:
        """Trust what is on the screen."""
        self.push_intent()

    def look_for_offers(self) -> None:
        """Trust that there are none."""
