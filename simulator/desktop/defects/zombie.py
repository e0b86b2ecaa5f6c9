"""An auth failure is answered with nothing at all."""

from simulator.desktop.connection import Phase
from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Replied
from simulator.desktop.rest import Request


class Defect(DefectiveSession):
    """After an auth failure on reconnect the desktop believes that it is connecting, for ever."""

    seen_in = "streaming-client 19.4.1, reproduced"

    def token_died(self) -> None:
        """Nobody listens to the platform's notice: the 401 will come as a surprise."""

    def unauthorized(self, request: Request, reply: Replied) -> None:
        """The rejection ends the attempt, and nothing starts another one."""
        self.leave_attempt()
        self.drop_socket()
        self.drop_alarm("reconnect", "beat", "refresh")
        self.phase = Phase.CONNECTING
