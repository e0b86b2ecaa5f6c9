"""One cloud: what its parts share."""

import asyncio
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from harness.evidence import EvidenceWriter
from simulator.cloud.channels import Channels
from simulator.cloud.events import Events
from simulator.cloud.limits import MINUTE_SECONDS, Limits
from simulator.cloud.settings import CloudSettings
from simulator.cloud.sockets import Sockets
from simulator.cloud.tokens import Tokens

if TYPE_CHECKING:
    from simulator.cloud.feed import Feed
    from simulator.cloud.media import Relay
    from simulator.cloud.platform import Platform


def _wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class Cloud:
    """Held by every part. `now()` is monotonic seconds, `wall()` the date in UTC; both run unscaled."""

    settings: CloudSettings
    evidence: EvidenceWriter
    now: Callable[[], float] = time.monotonic
    wall: Callable[[], datetime] = _wall
    events: Events = field(default_factory=Events)
    tokens: Tokens = field(init=False)
    limits: Limits = field(init=False)
    channels: Channels = field(init=False)
    sockets: Sockets = field(init=False)
    platform: "Platform" = field(init=False)
    media: "Relay | None" = None
    feed: "Feed | None" = None

    def __post_init__(self) -> None:
        self.tokens = Tokens(self)
        self.limits = Limits(self.settings.switches, self.scaled(MINUTE_SECONDS))
        self.sockets = Sockets(self)
        self.channels = Channels(self)

    @property
    def organization_id(self) -> str:
        """The same for each cloud with the same seed."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"organization {self.settings.seed}"))

    def scaled(self, seconds: float) -> float:
        """Real-world `seconds` in this cloud's time."""
        return seconds * self.settings.time_scale

    def later(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `callback` after real-world `seconds`, scaled; the handle can be cancelled."""
        return asyncio.get_running_loop().call_later(self.scaled(seconds), callback)

    def in_wall(self, seconds: float) -> str:
        """The date `seconds` (already scaled) from now, as Genesys writes it."""
        return instant(self.wall() + timedelta(seconds=seconds))


def instant(moment: datetime) -> str:
    """`moment` as Genesys writes dates: `2026-03-19T22:04:48.128Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
