"""Slow messages."""

import asyncio
from dataclasses import dataclass

from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket


@dataclass(frozen=True)
class Parameters:
    """How much later."""

    delay_ms: float = quantity(200.0, "ms", "how long each message is held back", 0, 600_000)


class WsDelay(Fault[Parameters]):
    """Messages on sockets arrive later, each by the same time and in their order."""

    name = "ws_delay"
    parameters_type = Parameters

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """Hold it back, counted from its arrival."""
        due = asyncio.get_running_loop().time() + self.parameters.delay_ms / 1000
        socket.courier(message.from_client).hold(message, due, owner=self)
        self.touch(socket.agent, "message held back")

    def disarmed(self) -> None:
        """Send on what is held back."""
        for socket in self.traffic.sockets.values():
            socket.release(self)
