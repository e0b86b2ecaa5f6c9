"""The topics are asked for once in a lifetime."""

from simulator.desktop.defects import DefectiveSession


class Defect(DefectiveSession):
    """Reconnects and never subscribes again: connected, and hears nothing."""

    seen_in = "streaming-client 2018"

    def channel_is_reusable(self) -> bool:
        """A new channel each time, which nobody has subscribed."""
        return False

    def subscribe(self) -> None:
        """Only the first channel gets its topics."""
        if self.times_connected == 0:
            super().subscribe()
        else:
            self.reread()
