"""A dead peer is asked for its consent."""

from simulator.desktop.defects import DefectiveSession
from simulator.desktop.effects import CloseSocket


class Defect(DefectiveSession):
    """Notices the silence, then waits for the dead peer to agree to the close: no reconnect meanwhile."""

    seen_in = "streaming-client 17.2.1"

    def drop_socket(self) -> None:
        """A closing handshake, without a limit."""
        if self.socket is not None:
            self.want(CloseSocket(self.socket))
            self.socket = None
