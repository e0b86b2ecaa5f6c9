"""Rate limits: fixed windows of one minute, by token, by user and client, and by user over all clients."""

import math
from dataclasses import dataclass, field

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.settings import Switches

MINUTE_SECONDS = 60.0


@dataclass(frozen=True)
class Allowance:
    """The tightest limit of one caller: requests counted and allowed in this window, seconds to its end."""

    key: str
    count: int
    allowed: int
    reset_s: float

    @property
    def spent(self) -> bool:
        """Whether this request was one too many."""
        return self.count > self.allowed

    def headers(self) -> dict[str, str]:
        """As on every answer of Genesys."""
        return {
            "inin-ratelimit-count": str(self.count),
            "inin-ratelimit-allowed": str(self.allowed),
            "inin-ratelimit-reset": str(math.ceil(self.reset_s)),
        }


@dataclass(eq=False)
class RateLimited(ApiError):
    """429, with the limit that was hit."""

    limit: dict[str, object] = field(default_factory=dict)


def too_many(allowance: Allowance) -> RateLimited:
    """The answer to a request beyond `allowance`; Retry-After counts the client's own seconds, so at least one."""
    wait = str(max(1, math.ceil(allowance.reset_s)))
    return RateLimited(
        429,
        "too.many.requests",
        f"Rate limit exceeded the maximum. Retry the request in [{wait}] seconds",
        {"rateLimit": str(allowance.allowed), "retryAfter": wait},
        {"Retry-After": wait},
        {"key": allowance.key, "namespace": "platform.api", "value": allowance.allowed},
    )


class Limits:
    """Counts requests. `window_s` is a minute in the cloud's time."""

    def __init__(self, switches: Switches, window_s: float) -> None:
        self._switches = switches
        self._window_s = window_s
        self._ends = 0.0
        self._counts: dict[tuple[str, ...], int] = {}

    def take(self, caller: Caller, now: float) -> Allowance:
        """Count one request of `caller` at `now` (monotonic seconds)."""
        if now >= self._ends:
            self._ends = now + self._window_s
            self._counts.clear()
        found = [self._count(key, ids, allowed, now) for key, ids, allowed in self._keys(caller)]
        return min(found, key=lambda allowance: allowance.allowed - allowance.count)

    def _count(self, key: str, ids: tuple[str, ...], allowed: int, now: float) -> Allowance:
        count = self._counts[(key, *ids)] = self._counts.get((key, *ids), 0) + 1
        return Allowance(key, count, allowed, self._ends - now)

    def _keys(self, caller: Caller) -> list[tuple[str, tuple[str, ...], int]]:
        switches = self._switches
        if caller.user_id is None:
            token_rate = switches.token_rate_per_minute
            return [("client.credentials.token.rate.per.minute", (caller.token_id,), token_rate)]
        pair = (caller.client_id, caller.user_id)
        return [
            ("org.app.user.rate.per.minute", pair, switches.app_user_rate_per_minute),
            ("org.user.rate.per.minute", (caller.user_id,), switches.user_rate_per_minute),
        ]
