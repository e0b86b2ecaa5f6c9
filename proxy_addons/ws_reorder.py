"""Messages out of order."""

from dataclasses import dataclass

from mitmproxy.websocket import WebSocketMessage

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Courier, Held, Socket


@dataclass(frozen=True)
class Parameters:
    """How many, and how long one waits to be overtaken."""

    rate: float = quantity(0.2, "share", "share of the messages that are overtaken by their successor", 0, 1)
    wait_ms: float = quantity(1000.0, "ms", "a message without a successor goes on after this time", 1, 600_000)


class WsReorder(Fault[Parameters]):
    """Some messages on sockets arrive after the one that was sent next."""

    name = "ws_reorder"
    parameters_type = Parameters

    def armed(self) -> None:
        """Nothing waits yet."""
        self._waiting: dict[Courier, Held] = {}

    def websocket_message(self, socket: Socket, message: WebSocketMessage) -> None:
        """Let it overtake the one that waits, or wait itself to be overtaken, or pass."""
        courier = socket.courier(message.from_client)
        chosen = self.message_chance(socket, message).random() < self.parameters.rate
        overtaken = self._waiting.pop(courier, None)
        if overtaken is not None:
            courier.follow(overtaken)
            self.touch(socket.agent, "message overtaken")
        elif chosen:
            message.dropped = True
            held = self._waiting[courier] = Held(message.content, message.is_text)
            self.later(self.parameters.wait_ms / 1000, lambda: self._give_up(courier, held))

    def disarmed(self) -> None:
        """Send on what waits."""
        for courier, held in self._waiting.items():
            courier.send(held)

    def _give_up(self, courier: Courier, held: Held) -> None:
        if self._waiting.get(courier) is held:
            del self._waiting[courier]
            courier.send(held)
