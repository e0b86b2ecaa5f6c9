"""What services that are down have in common: they refuse, or the connection just ends."""

from dataclasses import dataclass

from proxy_addons.core.answers import error_answer
from proxy_addons.core.deliveries import DeliveryFault
from proxy_addons.core.fault import quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class OutageParameters:
    """How the outage looks."""

    cut: bool = quantity(False, "", "end the connection without an answer, instead of answering 503")


class OutageFault(DeliveryFault[OutageParameters]):
    """Nothing inside the scope is delivered."""

    parameters_type = OutageParameters

    async def request(self, call: Call) -> None:
        """Refuse it."""
        if call.flow.response is not None:
            return
        self.touch(None, f"{call.path} {'cut off' if self.parameters.cut else 'answered 503'}", call)
        if self.parameters.cut:
            call.flow.kill()  # type: ignore[no-untyped-call]
        else:
            call.flow.response = error_answer(503)
