"""Repeated deliveries."""

from dataclasses import dataclass

from proxy_addons.core.deliveries import DeliveryFault, send_copy
from proxy_addons.core.fault import quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How many, how often."""

    share: float = quantity(0.3, "share", "share of the deliveries that arrive more than once", 0, 1)
    copies: int = quantity(1, "", "how many times more", 1, 20)


class EventsDuplicated(DeliveryFault[Parameters]):
    """Some deliveries arrive more than once, at the same moment: at least once is what a feed promises."""

    name = "events_duplicated"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Send copies beside it, or not."""
        if self.chosen(call, self.parameters.share):
            self.touch(None, f"delivery to {call.path} repeated {self.parameters.copies} times", call)
            for _ in range(self.parameters.copies):
                self.beside(self._again(call))

    async def _again(self, call: Call) -> None:
        await send_copy(call, self.name)
