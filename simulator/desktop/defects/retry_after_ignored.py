"""A 429 is taken for bad luck."""

from dataclasses import replace

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied, SocketClosed
from simulator.desktop.rest import Request


class Defect(DefectiveSession):
    """Answers a 429 with more of the same: the limit is never left again, and others under it starve."""

    seen_in = "streaming-client 15.1.0"

    def throttled(self, request: Request, reply: Replied) -> None:
        """Send it again in a moment."""
        self.set_alarm(f"again:{request.id}", self.timings.backoff_base_s / 4, lambda: self.submit(request))

    def refresh_failed(self, reply: Replied) -> None:
        """Try again in a moment."""
        self.set_alarm("refresh", self.timings.backoff_base_s / 4, self.refresh)

    def socket_closed(self, event: SocketClosed) -> None:
        """Do not read what the server asks for."""
        super().socket_closed(replace(event, retry_after_s=None))
