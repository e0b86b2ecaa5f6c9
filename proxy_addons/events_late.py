"""Late deliveries."""

from dataclasses import dataclass

from proxy_addons.core.deliveries import DeliveryFault
from proxy_addons.core.fault import quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How many, how late."""

    share: float = quantity(0.2, "share", "share of the deliveries that come late", 0, 1)
    delay_ms: float = quantity(1000.0, "ms", "how late; a feed that does not wait so long sends again", 1, 600_000)


class EventsLate(DeliveryFault[Parameters]):
    """Some deliveries arrive late, while others pass them."""

    name = "events_late"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Hold it back, or not."""
        if self.chosen(call, self.parameters.share):
            self.touch(None, f"delivery to {call.path} held back {self.parameters.delay_ms:.0f} ms", call)
            await self.hold(call, until=self.now() + self.parameters.delay_ms / 1000)
