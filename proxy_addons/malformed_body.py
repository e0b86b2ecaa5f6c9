"""Malformed answers."""

from dataclasses import dataclass

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How often."""

    rate: float = quantity(1.0, "share", "share of the answers that are spoilt", 0, 1)


class MalformedBody(Fault[Parameters]):
    """Answers arrive whole and with their status, but half of their JSON is missing. Answers without a body are left
    alone."""

    name = "malformed_body"
    parameters_type = Parameters

    async def response(self, call: Call) -> None:
        """Spoil the body; its length is stated as it is then."""
        response = call.flow.response
        content = response.get_content(strict=False) if response else None
        if response and content and self.chance(call.agent).random() < self.parameters.rate:
            response.content = content[: len(content) // 2]
            self.touch(call.agent, f"body of {call.method} {call.path} spoilt", call)
