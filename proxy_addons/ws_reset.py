"""Sockets reset."""

from dataclasses import dataclass

from mitmproxy import http

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How often, and whether the desktops may come back meanwhile."""

    repeat_s: float = quantity(0.0, "s", "reset again at this spacing; 0 resets once, when armed", 0, 86_400)
    refuse_new: bool = quantity(False, "", "refuse new sockets with 503 while armed")


class WsReset(Fault[Parameters]):
    """Open sockets are reset on both sides (TCP RST, no close frame)."""

    name = "ws_reset"
    parameters_type = Parameters

    def armed(self) -> None:
        """Reset all that are open now."""
        for socket in self.sockets():
            self._hit(socket)
        if self.parameters.repeat_s:
            self.later(self.parameters.repeat_s, self.armed)

    async def handshake(self, call: Call) -> None:
        """Keep the desktop from coming back, if that was ordered."""
        if self.parameters.refuse_new and call.flow.response is None:
            call.flow.response = http.Response.make(503)
            self.touch(call.agent, "handshake refused", call)

    def _hit(self, socket: Socket) -> None:
        if socket.reset():
            self.touch(socket.agent, f"socket {socket.number} reset")
