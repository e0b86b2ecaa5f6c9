"""Sockets refused."""

from dataclasses import dataclass

from proxy_addons.core.answers import error_answer
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """With what, and how often."""

    status: int = quantity(503, "", "HTTP status of the refusal", 400, 599)
    rate: float = quantity(1.0, "share", "share of the handshakes refused", 0, 1)


class HandshakeRefused(Fault[Parameters]):
    """New sockets are refused: the WebSocket upgrade is answered with an error and does not reach the cloud."""

    name = "handshake_refused"
    parameters_type = Parameters

    async def handshake(self, call: Call) -> None:
        """Refuse."""
        if call.flow.response is None and self.chance(call.agent).random() < self.parameters.rate:
            call.flow.response = error_answer(self.parameters.status)
            self.touch(call.agent, f"handshake answered {self.parameters.status}", call)
