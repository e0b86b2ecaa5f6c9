"""Sockets closed."""

from dataclasses import dataclass

from harness.errors import BadInput
from proxy_addons.core.fault import quantity
from proxy_addons.core.sockets import Socket
from proxy_addons.core.strikes import StrikeParameters, StrikingFault

# RFC 6455, 7.4: 1004, 1005, 1006 and 1015 never stand in a close frame; 1016 to 2999 are not assigned.
SENDABLE = frozenset({1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)})


@dataclass(frozen=True)
class Parameters(StrikeParameters):
    """With what the sockets are closed."""

    code: int = quantity(1001, "", "close code, as in the frame", 1000, 4999)
    reason: str = quantity("", "", "close reason, at most 123 bytes")

    def __post_init__(self) -> None:
        if self.code not in SENDABLE:
            raise BadInput("ws_close code", "a code that may stand in a close frame", self.code)
        if len(self.reason.encode()) > 123:
            raise BadInput("ws_close reason", "at most 123 bytes", self.reason)


class WsClose(StrikingFault[Parameters]):
    """Open sockets are closed on both sides with a close frame."""

    name = "ws_close"
    parameters_type = Parameters

    def strike(self, socket: Socket) -> bool:
        """Close both connections."""
        return socket.close(self.parameters.code, self.parameters.reason)
