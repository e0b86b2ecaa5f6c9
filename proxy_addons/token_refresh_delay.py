"""Slow token endpoint."""

from dataclasses import dataclass

from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How much longer it takes."""

    delay_ms: float = quantity(5000.0, "ms", "how long each token request is held back", 0, 600_000)


class TokenRefreshDelay(Fault[Parameters]):
    """Token requests (`POST /oauth/token`) take longer; other calls do not."""

    name = "token_refresh_delay"
    parameters_type = Parameters

    def covers_call(self, call: Call) -> bool:
        """Token requests alone."""
        return call.for_token and super().covers_call(call)

    async def request(self, call: Call) -> None:
        """Hold the request back, counted from its arrival."""
        ms = self.parameters.delay_ms
        self.touch(call.agent, f"token request held back {ms:.0f} ms", call)
        await self.hold(call, until=call.arrived + ms / 1000)
