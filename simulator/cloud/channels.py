"""Notification channels: who owns them, what they listen to, when they end."""

import asyncio
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.cloud.caller import ApiError, Caller
from simulator.cloud.messages import DISPLACED, envelope, system_message
from simulator.cloud.topics import Judgement

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

MAX_CHANNELS = 20
MAX_TOPICS = 1000
LIFE_SECONDS = 86_400.0


@dataclass(eq=False)
class Channel:
    """One channel. `used` is monotonic seconds; `subscriptions` are by the id that was asked for."""

    id: str
    owner: Caller
    used: float
    expires: str = ""
    subscriptions: dict[str, Judgement] = field(default_factory=dict)
    timer: asyncio.TimerHandle | None = None

    @property
    def topics(self) -> set[str]:
        """The plain topics that it listens to."""
        return {topic for judgement in self.subscriptions.values() for topic in judgement.topics}


class Channels:
    """All channels of one cloud, and the way of an event to the sockets of those that listen."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._channels: dict[str, Channel] = {}
        self._owned: dict[tuple[str, str | None], list[Channel]] = {}
        self._listeners: dict[str, set[str]] = {}
        cloud.events.subscribe(self._deliver)
        cloud.tokens.watch(self._token_ended)
        cloud.sockets.watch_lost(self._socket_lost)

    def create(self, owner: Caller) -> Channel:
        """A new channel. Beyond 20 of one user and client the least recently used one goes, unconnected ones first."""
        mine = self._owned.setdefault(_pair(owner), [])
        if len(mine) >= MAX_CHANNELS:
            self.end(min(mine, key=lambda c: (self._cloud.sockets.connected(c.id), c.used)), *DISPLACED)
        channel = Channel(str(uuid.uuid4()), owner, self._cloud.now())
        self._channels[channel.id] = channel
        mine.append(channel)
        self._extend(channel)
        return channel

    def get(self, channel_id: str) -> Channel | None:
        """A live channel by its id."""
        return self._channels.get(channel_id)

    def of(self, caller: Caller, channel_id: str) -> Channel:
        """The caller's own channel; raises `ApiError` 404."""
        channel = self._channels.get(channel_id)
        if channel is None or _pair(channel.owner) != _pair(caller):
            raise ApiError(404, "not.found", f"Channel {channel_id} was not found.", {"channelId": channel_id})
        channel.used = self._cloud.now()
        return channel

    def all(self) -> list[Channel]:
        """Every live channel, oldest first."""
        return list(self._channels.values())

    def touch(self, channel: Channel) -> None:
        """It was used just now."""
        channel.used = self._cloud.now()

    def subscribe(self, channel: Channel, judgements: list[Judgement], keep: bool) -> None:
        """Subscribe to the permitted ones, beside the present ones if `keep`; extends the channel's life.

        Raises `ApiError` 400 beyond 1,000 topics.
        """
        wanted = dict(channel.subscriptions) if keep else {}
        wanted |= {judgement.id: judgement for judgement in judgements if judgement.reason is None}
        once = self._cloud.settings.switches.combined_topic_counts_once
        count = len(wanted) if once else len({topic for judgement in wanted.values() for topic in judgement.topics})
        if count > MAX_TOPICS:
            limit = {"limit": str(MAX_TOPICS), "count": str(count)}
            raise ApiError(400, "too.many.topics", f"A channel has at most {MAX_TOPICS} topics.", limit)
        self._listen(channel, wanted)
        self._extend(channel)
        self._cloud.evidence.write(
            "cloud.subscribed",
            agent=channel.owner.user_id,
            channel=channel.id,
            topics=sorted(channel.topics),
            rejected=sorted(judgement.id for judgement in judgements if judgement.reason),
        )
        if self._cloud.settings.switches.announce_subscription_changes:
            self._cloud.sockets.send(channel.id, system_message(self._cloud, channel, "subscription_changed", None))

    def end(self, channel: Channel, kind: str, reason: str | None, code: int | None = None) -> None:
        """Remove the channel; its socket is told by a system topic of `kind` and closed."""
        self._forget(channel)
        switches = self._cloud.settings.switches
        self._cloud.sockets.send(channel.id, system_message(self._cloud, channel, kind, reason))
        self._cloud.sockets.close(channel.id, switches.expired_close_code if code is None else code, kind)

    def evict(self, user_ids: set[str]) -> int:
        """Remove every channel of these users, as the 21st channel of somebody else's would; returns how many."""
        ended = [channel for channel in self._channels.values() if channel.owner.user_id in user_ids]
        for channel in ended:
            self.end(channel, *DISPLACED)
        return len(ended)

    def drop_all(self) -> int:
        """Forget every channel without a word, as a restart does; returns how many."""
        ended = list(self._channels.values())
        for channel in ended:
            self._forget(channel)
        return len(ended)

    def _forget(self, channel: Channel) -> None:
        if self._channels.pop(channel.id, None) is not None:
            self._owned[_pair(channel.owner)].remove(channel)
        self._listen(channel, {})
        if channel.timer is not None:
            channel.timer.cancel()

    def _listen(self, channel: Channel, wanted: dict[str, Judgement]) -> None:
        before = channel.topics
        channel.subscriptions = wanted
        after = channel.topics
        for topic in before - after:
            left = self._listeners[topic]
            left.discard(channel.id)
            if not left:
                del self._listeners[topic]
        for topic in after - before:
            self._listeners.setdefault(topic, set()).add(channel.id)

    def _extend(self, channel: Channel) -> None:
        if channel.timer is not None:
            channel.timer.cancel()
        channel.used = self._cloud.now()
        channel.expires = self._cloud.in_wall(self._cloud.scaled(LIFE_SECONDS))
        channel.timer = self._cloud.later(LIFE_SECONDS, lambda: self.end(channel, "no_longer_subscribed", None))

    def _deliver(self, topic: str, event_body: dict[str, Any]) -> None:
        self._cloud.evidence.write("cloud.event", topic=topic)
        listening = self._listeners.get(topic)
        if listening:
            text = envelope(topic, event_body)
            for channel_id in listening:
                self._cloud.sockets.send(channel_id, text)

    def _token_ended(self, owner: Caller, why: str) -> None:
        rule = self._cloud.settings.switches.channel_dies_with_token
        if rule == "never" or (rule == "last" and self._cloud.tokens.alive(owner.client_id, owner.user_id)):
            return
        for channel in list(self._owned.get(_pair(owner), ())):
            if rule == "last" or channel.owner == owner:
                reason = "user_tokens_revoked" if why == "revoked" else None
                self.end(channel, "token_revoked", reason, self._cloud.settings.switches.revoked_close_code)

    def _socket_lost(self, channel_id: str) -> None:
        channel = self._channels.get(channel_id)
        if channel is None:
            return
        self.touch(channel)
        if not self._cloud.settings.switches.channel_keeps_subscriptions:
            self._listen(channel, {})


def _pair(owner: Caller) -> tuple[str, str | None]:
    return owner.client_id, owner.user_id
