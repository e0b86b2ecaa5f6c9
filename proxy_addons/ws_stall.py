"""Sockets stall."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket

LOOK_S = 0.05


@dataclass(frozen=True)
class Parameters:
    """Which sockets."""

    new_sockets: bool = quantity(True, "", "stall sockets that are opened while armed, too")


class WsStall(Fault[Parameters]):
    """Sockets are half open: nothing passes in either direction, not even a close, and TCP stays up. What was held
    back goes on when the fault ends."""

    name = "ws_stall"
    parameters_type = Parameters

    def armed(self) -> None:
        """Stall all that are open now."""
        self._stalled: dict[Socket, asyncio.Future[None]] = {}
        for socket in self.sockets():
            self._stall(socket)
        self._look()

    def websocket_start(self, socket: Socket) -> Awaitable[None] | None:
        """Stall a new one."""
        return self._stall(socket) if self.parameters.new_sockets else None

    def disarmed(self) -> None:
        """Let everything go on."""
        for released in self._stalled.values():
            released.set_result(None)
        self._stalled.clear()

    def _stall(self, socket: Socket) -> asyncio.Future[None]:
        released = self._stalled[socket] = socket.stall()
        self.touch(socket.agent, f"socket {socket.number} stalled")
        return released

    def _look(self) -> None:
        # A desktop that gives up a stalled socket is rid of it, while the cloud cannot know.
        for socket in self._stalled:
            if socket.desktop_gone:
                self.traffic.socket_closed(socket, None)
        self.later(LOOK_S, self._look)
