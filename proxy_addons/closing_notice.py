"""Sockets closed after notice."""

from collections.abc import Awaitable
from dataclasses import dataclass

from proxy_addons.core.answers import system_message
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket

NOTICE = "v2.system.socket_closing"


@dataclass(frozen=True)
class Parameters:
    """How long before."""

    lead_s: float = quantity(60.0, "s", "time from the notice to the close", 0, 86_400)
    new_socket_grace_s: float = quantity(
        0.0, "s", "a socket opened while armed gets its notice after this time; 0 spares it", 0, 86_400
    )


class ClosingNotice(Fault[Parameters]):
    """Desktops are told `v2.system.socket_closing`; the socket is closed with 1001 when the lead time is over."""

    name = "closing_notice"
    parameters_type = Parameters

    def armed(self) -> None:
        """Give notice on all that are open now."""
        for socket in self.sockets():
            self._give_notice(socket)

    def websocket_start(self, socket: Socket) -> Awaitable[None] | None:
        """Give notice on a new one later, if that was ordered."""
        if self.parameters.new_socket_grace_s:
            self.later(self.parameters.new_socket_grace_s, lambda: self._give_notice(socket))
        return None

    def _give_notice(self, socket: Socket) -> None:
        if socket.closed:
            return
        body = {"message": "This socket is about to be closed."}
        socket.tell_desktop(system_message(NOTICE, socket.channel, body))
        self.touch(socket.agent, f"notice on socket {socket.number}")
        self.later(self.parameters.lead_s, lambda: self._close(socket))

    def _close(self, socket: Socket) -> None:
        if not socket.closed and socket.close(1001, "socket closing"):
            self.touch(socket.agent, f"socket {socket.number} closed")
