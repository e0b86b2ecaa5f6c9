"""Slow API."""

import asyncio
from dataclasses import dataclass

from harness.scope import Direction
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How much longer a call takes."""

    delay_ms: float = quantity(200.0, "ms", "how long each call is held back", 0, 600_000)
    jitter_ms: float = quantity(0.0, "ms", "each call's own delay lies up to this much above or below", 0, 600_000)


class ApiLatency(Fault[Parameters]):
    """Every API call takes longer: the request is held back before it goes on (its answer, if direction is
    to_desktop)."""

    name = "api_latency"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Hold the request back, counted from its arrival."""
        if self.order.scope.covers_direction(Direction.TO_CLOUD):
            await self._delay(call)

    async def response(self, call: Call) -> None:
        """Hold the answer back."""
        if self.order.scope.direction is Direction.TO_DESKTOP:
            await self._delay(call)

    async def _delay(self, call: Call) -> None:
        jitter = self.parameters.jitter_ms
        ms = max(0.0, self.parameters.delay_ms + self.chance(call.agent).uniform(-jitter, jitter))
        start = call.arrived if call.flow.response is None else asyncio.get_running_loop().time()
        self.touch(call.agent, f"held back {ms:.0f} ms", call)
        await self.hold(call, until=start + ms / 1000)
