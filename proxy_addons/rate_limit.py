"""Rate limit."""

from dataclasses import dataclass

from proxy_addons.core.answers import error_answer
from proxy_addons.core.fault import Fault, quantity
from proxy_addons.core.traffic import Call


@dataclass(frozen=True)
class Parameters:
    """How long the callers are asked to wait, and how many of them."""

    retry_after_s: float = quantity(3.0, "s", "what Retry-After says", 0, 3600)
    rate: float = quantity(1.0, "share", "share of the calls that are refused", 0, 1)
    allowed: int = quantity(300, "", "calls in a minute that the headers speak of", 1, 100_000)


class RateLimit(Fault[Parameters]):
    """API calls are answered 429 with Retry-After and the inin-ratelimit headers; they do not reach the cloud."""

    name = "rate_limit"
    parameters_type = Parameters

    async def request(self, call: Call) -> None:
        """Refuse."""
        if call.flow.response is not None or self.chance(call.agent).random() >= self.parameters.rate:
            return
        wait, allowed = f"{self.parameters.retry_after_s:g}", self.parameters.allowed
        headers = {
            "Retry-After": wait,
            "inin-ratelimit-count": str(allowed + 1),
            "inin-ratelimit-allowed": str(allowed),
            "inin-ratelimit-reset": wait,
        }
        call.flow.response = error_answer(429, wait, headers)
        self.touch(call.agent, f"{call.method} {call.path} answered 429", call)
