"""Heartbeats lost."""

from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.fault import Fault, NoParameters, topic_of
from proxy_addons.core.sockets import Socket

TOPIC = "channel.metadata"


class HeartbeatLoss(Fault[NoParameters]):
    """Heartbeats and pongs (`channel.metadata`) no longer reach the desktop; everything else does."""

    name = "heartbeat_loss"

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """Swallow a heartbeat."""
        if not message.from_client and topic_of(message) == TOPIC:
            message.dropped = True
            self.touch(socket.agent, "heartbeat lost")
