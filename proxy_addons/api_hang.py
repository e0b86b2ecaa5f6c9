"""API hangs."""

from dataclasses import dataclass

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How often."""

    rate: float = quantity(1.0, "share", "share of the calls that hang", 0, 1)


class ApiHang(Fault[Parameters]):
    """API calls are accepted and not answered; those whose callers still wait go on when the fault ends."""

    name = "api_hang"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Hold the request for as long as the fault lasts."""
        if call.flow.response is None and self.chance(call.agent).random() < self.parameters.rate:
            self.touch(call.agent, f"{call.method} {call.path} hangs", call)
            await self.hold(call)
