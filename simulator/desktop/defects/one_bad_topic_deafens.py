"""All topics or none."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied


class Defect(DefectiveSession):
    """One forbidden topic fails the whole subscription: connected, and hears nothing."""

    seen_in = "streaming-client 19.4.0"

    def channel_is_reusable(self) -> bool:
        """A new channel each time, on which nothing is left of before."""
        return False

    def subscription_query(self) -> dict[str, str]:
        """Without ignoreErrors."""
        return {}

    def subscribed(self, reply: Replied) -> None:
        """A refusal is somebody else's problem."""
        if reply.status in (400, 403):
            self.reread()
        else:
            super().subscribed(reply)

    def renewed(self, reply: Replied) -> None:
        """The same."""
        if reply.status not in (400, 403):
            super().renewed(reply)
