"""Answers cut off."""

from dataclasses import dataclass

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How often, and after how much."""

    rate: float = quantity(1.0, "share", "share of the answers that are cut", 0, 1)
    after: float = quantity(0.5, "share", "share of the body that still arrives", 0, 0.99)


class CutBody(Fault[Parameters]):
    """The connection is closed in the middle of the body. Answers without a body are left alone."""

    name = "cut_body"
    parameters_type = Parameters

    async def response(self, call: Call) -> None:
        """Announce the whole body, send a part of it, and close."""
        response = call.flow.response
        content = response.raw_content if response else None
        if not response or not content or self.chance(call.agent).random() >= self.parameters.rate:
            return
        response.headers.pop("transfer-encoding", None)
        response.raw_content = content[: int(len(content) * self.parameters.after)]
        response.headers["content-length"] = str(len(content))
        response.headers["connection"] = "close"
        call.cut = True
        self.touch(call.agent, f"body of {call.method} {call.path} cut", call)
