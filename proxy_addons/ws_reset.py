"""Sockets reset."""

from proxy_addons.core.sockets import Socket
from proxy_addons.core.strikes import StrikeParameters, StrikingFault


class WsReset(StrikingFault[StrikeParameters]):
    """Open sockets are reset on both sides (TCP RST, no close frame)."""

    name = "ws_reset"
    parameters_type = StrikeParameters

    def strike(self, socket: Socket) -> bool:
        """Reset both connections."""
        return socket.reset()
