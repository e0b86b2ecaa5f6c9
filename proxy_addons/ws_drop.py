"""Lost messages."""

from dataclasses import dataclass

from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket


@dataclass(frozen=True)
class Parameters:
    """How many."""

    rate: float = quantity(0.1, "share", "share of the messages that are lost", 0, 1)


class WsDrop(Fault[Parameters]):
    """Some messages on sockets never arrive."""

    name = "ws_drop"
    parameters_type = Parameters

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """Lose it, or not."""
        if self.message_chance(socket, message).random() < self.parameters.rate:
            message.dropped = True
            self.touch(socket.agent, "message lost")
