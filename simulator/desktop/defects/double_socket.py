"""Two ways lead to a new socket, and nobody stands at the crossing."""

from simulator.desktop.connection import CHANNELS, Channel, Phase
from simulator.desktop.defects import DefectiveSession
from simulator.desktop.events import Heard, Replied, SocketOpened


class Defect(DefectiveSession):
    """Opens a second socket while one is pending or open: every event comes twice."""

    seen_in = "streaming-client 2019, 15.1.2 (critical fan-out)"

    def begin_attempt(self) -> None:
        """Whatever is open still."""
        self.sockets.clear()
        super().begin_attempt()

    def open_socket(self) -> None:
        """After a reconnect the other way leads to a channel and a socket of its own."""
        super().open_socket()
        if self.times_connected:
            self.ask("POST", CHANNELS, self.second_channel)

    def second_channel(self, reply: Replied) -> None:
        """Subscribe and connect it as if it were the first."""
        if reply.ok and isinstance(reply.body, dict) and self.phase is not Phase.LOGGED_OUT:
            second = Channel(str(reply.body["id"]), str(reply.body["connectUri"]))
            self.put_subscriptions(second, lambda reply: None)
            self.new_socket(second)

    def socket_opened(self, event: SocketOpened) -> None:
        """Any socket is welcome."""
        if event.socket == self.socket:
            super().socket_opened(event)
        else:
            self.record("socket.open", socket=event.socket, channel=None)

    def heard(self, event: Heard) -> None:
        """Every socket is listened to."""
        super().heard(Heard(self.socket or event.socket, event.message))

    def move_over(self) -> None:
        """Open the new one, and let the server close the old one."""
        self.leave_attempt()
        self.channel = None
        self.begin_attempt()
