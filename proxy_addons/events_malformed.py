"""Spoilt deliveries."""

import asyncio
from dataclasses import dataclass
from random import Random

from harness.errors import BadInput
from proxy_addons.core.deliveries import DeliveryFault, send_copy
from proxy_addons.core.fault import quantity
from proxy_addons.core.spoiling import KINDS, Spoilt, spoilt
from proxy_addons.core.traffic import Call

# As a feed does it: what is not taken, and not refused for good, comes again.
FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 2.0


@dataclass(frozen=True)
class Parameters:
    """How many, and what is wrong with them."""

    share: float = quantity(0.3, "share", "share of the deliveries beside which a spoilt copy arrives", 0, 1)
    kinds: str = quantity(",".join(KINDS), "", "what may be wrong with them, with commas between them")
    huge_bytes: int = quantity(2_000_000, "bytes", "size of a huge one", 1_000, 20_000_000)

    def __post_init__(self) -> None:
        if not self.choices or not set(self.choices) <= set(KINDS):
            raise BadInput("events_malformed kinds", f"some of {', '.join(KINDS)}", self.kinds)

    @property
    def choices(self) -> list[str]:
        """The kinds to choose from."""
        return [word.strip() for word in self.kinds.split(",") if word.strip()]


class EventsMalformed(DeliveryFault[Parameters]):
    """Beside some deliveries a spoilt copy arrives; the delivery itself is not touched. A copy that is answered with
    5xx, or not at all, is sent again as a feed would, until it is taken or refused, or the fault ends."""

    name = "events_malformed"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Send a spoilt copy beside it, or not."""
        if not self.chosen(call, self.parameters.share):
            return
        dice = self.chance(None, f"{call.path} kind")
        kind = dice.choice(self.parameters.choices)
        found = spoilt(kind, call.flow.request.content or b"", self.parameters.huge_bytes)
        self.touch(None, f"spoilt copy ({kind}) of a delivery to {call.path}", call)
        self.beside(self._send(call, kind, found, dice))

    async def _send(self, call: Call, kind: str, found: Spoilt, dice: Random) -> None:
        wait_s, attempt, status = FIRST_RETRY_S, 0, 0
        while not self.over:
            attempt += 1
            status = await send_copy(call, self.name, found.content, {"content-type": found.content_type})
            self.traffic.evidence.write(
                "delivery.spoilt", path=call.path, id=self.order.id, what=kind, attempt=attempt, status=status
            )
            if 200 <= status < 500 and status != 429:
                return
            await asyncio.sleep(dice.uniform(0.5, 1.0) * wait_s)  # waits: a feed's own pause between attempts
            wait_s = min(wait_s * 2, LONGEST_RETRY_S)
