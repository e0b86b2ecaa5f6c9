"""Repeated messages."""

from dataclasses import dataclass

from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Held, Socket


@dataclass(frozen=True)
class Parameters:
    """How many."""

    rate: float = quantity(0.1, "share", "share of the messages that arrive twice", 0, 1)


class WsDuplicate(Fault[Parameters]):
    """Some messages on sockets arrive twice."""

    name = "ws_duplicate"
    parameters_type = Parameters

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """Send a copy after it, or not."""
        if self.message_chance(socket, message).random() < self.parameters.rate:
            socket.courier(message.from_client).follow(Held(message.content, message.is_text))
            self.touch(socket.agent, "message repeated")
