"""A slow time-series store."""

from dataclasses import dataclass

from proxy_addons.core.deliveries import DeliveryFault
from proxy_addons.core.fault import quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How slow."""

    delay_ms: float = quantity(1000.0, "ms", "how much longer each write takes", 1, 600_000)


class TsdbSlow(DeliveryFault[Parameters]):
    """Every write to the time-series store takes longer."""

    name = "tsdb_slow"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Hold the write back."""
        if call.flow.response is None:
            self.touch(None, f"write to {call.path} held back {self.parameters.delay_ms:.0f} ms", call)
            await self.hold(call, until=self.now() + self.parameters.delay_ms / 1000)
