"""The base of faults that hit open sockets: once or again and again, with or without a way back."""

from dataclasses import dataclass
from typing import TypeVar

from proxy_addons.core.answers import error_answer
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.sockets import Socket
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class StrikeParameters:
    """How often, and whether the desktops may come back meanwhile."""

    repeat_s: float = quantity(0.0, "s", "hit again at this spacing; 0 hits once, when armed", 0, 86_400)
    refuse_new: bool = quantity(False, "", "refuse new sockets with 503 while armed")


S = TypeVar("S", bound=StrikeParameters)


class StrikingFault(Fault[S]):
    """Hits every open socket in scope when it is armed, and again every `repeat_s`."""

    def strike(self, socket: Socket) -> bool:
        """End this socket; False if it was gone already."""
        raise NotImplementedError

    def armed(self) -> None:
        """Hit all that are open now."""
        for socket in self.sockets():
            if self.strike(socket):
                self.touch(socket.agent, f"socket {socket.number} hit")
        if self.parameters.repeat_s:
            self.later(self.parameters.repeat_s, self.armed)

    async def handshake(self, call: Call) -> None:
        """Keep the desktop from coming back, if that was ordered."""
        if self.parameters.refuse_new and call.flow.response is None:
            call.flow.response = error_answer(503)
            self.touch(call.agent, "handshake refused", call)
