"""The state behind the public API: it joins the two pure cores to time, events and evidence."""

import asyncio
import random
import uuid
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.announcer import Announcer
from simulator.cloud.platform.clock import Clock
from simulator.cloud.platform.effects import ConversationChanged, Effect
from simulator.cloud.platform.model import Queue
from simulator.cloud.platform.presence_core import PresenceChanged, PresenceCore, RestoreSettings
from simulator.cloud.platform.presences import Presence
from simulator.cloud.platform.routing_core import RoutingCore

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

# Real-world seconds. The alerting timeout and the 60 s window are Genesys' own defaults.
ALERTING_SECONDS = 8.0
WRAPUP_SECONDS = 120.0
JOIN_SECONDS = 0.5
RESTORE_SECONDS = 60.0
WRAPUP_CODES = ("Resolved", "Callback needed", "Escalated")


class Platform:
    """Users, presence, routing, queues and conversations of one cloud. Lives in the cloud's event loop."""

    def __init__(self, cloud: "Cloud") -> None:
        self.cloud = cloud
        self.clock = Clock(cloud)
        self._random = random.Random(f"platform {cloud.settings.seed}")
        now_ms = self.clock.now_ms()
        agents = {agent.id: agent.name for agent in cloud.settings.agents}
        queue = self._queue(cloud.settings.queue.id, cloud.settings.queue.name, dict.fromkeys(agents, True))
        others = [
            self._queue(other.id, other.name, dict.fromkeys(agents, True) if other.staffed else {})
            for other in cloud.settings.queues
        ]
        self.presence = PresenceCore(agents, now_ms)
        self.presence.settings = RestoreSettings(window_ms=self.scaled_ms(RESTORE_SECONDS))
        self.routing = RoutingCore([queue, *others], agents, now_ms, self.new_id)
        if cloud.settings.flow:
            self.routing.flow_id = str(uuid.uuid5(uuid.NAMESPACE_OID, "flow"))
        self.routing.join_delay_ms = self.scaled_ms(JOIN_SECONDS)
        self.wrapup_codes = {str(uuid.uuid5(uuid.NAMESPACE_OID, f"wrapup {name}")): name for name in WRAPUP_CODES}
        self.stationless: set[str] = set()
        self._announcer = Announcer(self)
        self._timer: asyncio.TimerHandle | None = None
        self._schedule: asyncio.TimerHandle | None = None
        cloud.sockets.watch(self.sockets_now)

    def new_id(self) -> str:
        """An unused id; the same sequence for the same seed."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def scaled_ms(self, seconds: float) -> int:
        """Real-world `seconds` as milliseconds of this cloud's time."""
        return round(self.cloud.scaled(seconds) * 1000)

    def known(self, user_id: str) -> str:
        """`user_id` where there is such a user; raises `ApiError` 404."""
        if user_id not in self.routing.agents:
            raise ApiError(404, "not.found", f"User {user_id} was not found.")
        return user_id

    def change_presence(
        self, user_id: str, by: str, presence: Presence | None = None, message: str | None = None
    ) -> None:
        """Set presence, message or both of a known user, on behalf of `by`."""
        self._apply_presence(self.presence.change(self.clock.now_ms(), user_id, by, presence, message))
        self._arm()

    def sockets_now(self, user_id: str, count: int) -> None:
        """`user_id` has `count` sockets open; the first logs an Offline user on, after the last the window runs."""
        self._apply_presence(self.presence.sockets_now(self.clock.now_ms(), user_id, count))
        self._arm()

    def place_call(self, queue_id: str, ani: str | None, attributes: Mapping[str, str]) -> str:
        """A customer calls from `ani` (some number where None); the id of the conversation. Raises `ApiError` 404."""
        conversation_id = self.new_id()
        ani = ani or f"tel:+1555{self._random.randrange(10**7):07d}"
        self.apply(self.routing.place_call(self.clock.now_ms(), conversation_id, queue_id, ani, attributes))
        return conversation_id

    def create_queue(self, name: str) -> Queue:
        """One more queue, without members."""
        made = self._queue(self.new_id(), name, {})
        self.routing.queues[made.id] = made
        return made

    def publish_schedule(self, user_ids: Sequence[str], presences: Sequence[Presence], spacing_s: float) -> None:
        """Set each presence in turn for all these users, the next after `spacing_s` real-world seconds, scaled.

        What was left of an earlier schedule is withdrawn, so one without presences only withdraws.
        """
        if self._schedule is not None:
            self._schedule.cancel()
            self._schedule = None
        if not presences:
            return
        for user_id in user_ids:
            self.change_presence(user_id, "schedule", presences[0])
        if presences[1:]:
            rest = presences[1:]
            self._schedule = self.cloud.later(spacing_s, lambda: self.publish_schedule(user_ids, rest, spacing_s))

    def set_station(self, user_id: str, associated: bool) -> None:
        """Associate a known user with the own station, or take it away."""
        (self.stationless.discard if associated else self.stationless.add)(user_id)

    def set_restore(self, settings: RestoreSettings) -> None:
        """Use another restore window from now on, also for those who are away already."""
        self.presence.settings = settings
        self._arm()

    def apply(self, effects: Sequence[Effect]) -> None:
        """Tell what the routing core did, and wait for its next deadline."""
        for effect in effects:
            if isinstance(effect, ConversationChanged) and self.cloud.media is not None:
                self.cloud.media.follow(self.routing.conversations[effect.conversation_id])
            self._announcer.tell(effect)
        self._arm()

    def _apply_presence(self, changes: Sequence[PresenceChanged]) -> None:
        for change in changes:
            self._announcer.tell_presence(change)
            on_queue = self.presence.of(change.user_id).presence is Presence.ON_QUEUE
            self.apply(self.routing.set_on_queue(self.clock.now_ms(), change.user_id, on_queue))

    def _queue(self, id: str, name: str, members: dict[str, bool]) -> Queue:
        return Queue(id, name, members, self.scaled_ms(ALERTING_SECONDS), self.scaled_ms(WRAPUP_SECONDS))

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadlines = [at for at in (self.presence.next_deadline(), self.routing.next_deadline()) if at is not None]
        if deadlines:
            wait_s = self.clock.seconds_until(min(deadlines))
            self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _ring(self) -> None:
        now_ms = self.clock.now_ms()
        self._apply_presence(self.presence.expire(now_ms))
        self.apply(self.routing.expire(now_ms))
