"""Deliveries out of order."""

import asyncio
from dataclasses import dataclass

from proxy_addons.core.deliveries import DeliveryFault
from proxy_addons.core.fault import quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How many, by how many they are overtaken, and how long they wait for that."""

    share: float = quantity(0.3, "share", "share of the deliveries that are overtaken by later ones", 0, 1)
    overtaken_by: int = quantity(3, "", "how many later deliveries to the same path go first", 1, 1000)
    hold_ms: float = quantity(1000.0, "ms", "one that is not overtaken goes on after this time", 1, 600_000)


@dataclass
class _Waiting:
    path: str
    left: int
    released: asyncio.Future[None]


class EventsReordered(DeliveryFault[Parameters]):
    """Some deliveries arrive after others that were sent later."""

    name = "events_reordered"
    parameters_type = Parameters

    def armed(self) -> None:
        """Nothing waits yet."""
        self._waiting: list[_Waiting] = []

    async def request(self, call: Call) -> None:
        """Wait to be overtaken; or overtake those that wait."""
        if self.chosen(call, self.parameters.share):
            self.touch(None, f"delivery to {call.path} held back to be overtaken", call)
            await self._wait(call)

    async def response(self, call: Call) -> None:
        """One has been delivered, and so has overtaken those that wait."""
        for waiting in self._waiting:
            waiting.left -= waiting.path == call.path
            if waiting.left <= 0 and not waiting.released.done():
                waiting.released.set_result(None)

    async def _wait(self, call: Call) -> None:
        waiting = _Waiting(call.path, self.parameters.overtaken_by, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            await self.hold(call, self.now() + self.parameters.hold_ms / 1000, waiting.released)
        finally:
            self._waiting.remove(waiting)
