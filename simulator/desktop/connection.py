"""The notification channel and its socket: one at most, watched for silence, opened again with patience."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from simulator.desktop.backoff import Backoff
from simulator.desktop.effects import AbortSocket, CloseSocket, OpenSocket, Say
from simulator.desktop.events import Heard, Replied, SocketClosed, SocketOpened, WatchTopics
from simulator.desktop.rest import Rest

CHANNELS = "/api/v2/notifications/channels"
CHANNEL_REUSES = 10


class Phase(StrEnum):
    """What the banner of the desktop says."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    CONNECTED = "connected"
    LOGGED_OUT = "logged_out"


@dataclass
class Channel:
    """A notification channel of ours; `uses` counts the sockets that it had."""

    id: str
    uri: str
    uses: int = 0


class Connection(Rest):
    """Channel, socket, subscriptions. `sockets` are all that are not known to be closed; `socket` is the one in use.

    The way to a connection: look at the server's state after a long gap, a channel (new or reused), a socket, the
    subscriptions, the state. Each step belongs to an attempt; what comes back for an older attempt is ignored.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.phase = Phase.LOGGED_OUT
        self.attempt = 0
        self.backoff = Backoff(self.timings, self.random)
        self.channel: Channel | None = None
        self.socket: int | None = None
        self.socket_was_open = False
        self.sockets: set[int] = set()
        self.attempt_when_closed = False
        self.times_connected = 0
        self.last_heard = 0.0

    @property
    def connected(self) -> bool:
        """Whether the desktop hears what happens and knows what is."""
        return self.phase is Phase.CONNECTED

    def topics(self) -> list[str]:
        """What the desktop wants to hear."""
        own = [f"v2.users.{self.agent}.{name}" for name in ("presence", "routingStatus", "conversations")]
        return [*own, *self.wishes.extra_topics]

    # Attempts

    def begin_attempt(self) -> None:
        """Start on the way to a connection, once every socket of before is closed."""
        if self.phase is Phase.LOGGED_OUT:
            return
        if self.sockets:
            self.attempt_when_closed = True
            return
        self.attempt_when_closed = False
        self.attempt += 1
        self.phase = Phase.CONNECTING
        if self.must_look_first():
            self.look_first()
        else:
            self.need_channel()

    def still_wanted(self, attempt: int) -> bool:
        """Whether what an attempt asked for is still of use."""
        return attempt == self.attempt and self.phase is not Phase.LOGGED_OUT

    def for_this_attempt(self, then: Callable[[Replied], None]) -> Callable[[Replied], None]:
        """`then`, but only as long as the attempt in hand is the newest."""
        attempt = self.attempt
        return lambda reply: then(reply) if self.still_wanted(attempt) else None

    def must_look_first(self) -> bool:
        """Whether the server's state has to be read before the socket opens; a matter of the layers above."""
        raise NotImplementedError

    def look_first(self) -> None:
        """Read it, and go on with `need_channel` or `lose`."""
        raise NotImplementedError

    def need_channel(self) -> None:
        """Go on with the channel of before, or a new one."""
        if self.channel_is_reusable():
            self.open_socket()
        else:
            self.channel = None
            self.ask("POST", CHANNELS, self.for_this_attempt(self.channel_answered))

    def channel_is_reusable(self) -> bool:
        """Whether the channel of before may be tried again."""
        return self.channel is not None and self.channel.uses < CHANNEL_REUSES

    def channel_answered(self, reply: Replied) -> None:
        """There is a new channel, or the attempt has failed."""
        if reply.ok and isinstance(reply.body, dict) and reply.body.get("connectUri"):
            self.channel = Channel(str(reply.body.get("id")), str(reply.body["connectUri"]))
            self.set_alarm("renew", self.timings.channel_renew_s, self.renew_channel)
            self.open_socket()
        else:
            self.lose(f"no channel ({reply.status})", reply.retry_after_s)

    def open_socket(self) -> None:
        """Open the channel's socket."""
        if self.channel is None:
            return
        self.channel.uses += 1
        self.socket = self.new_socket(self.channel)
        self.socket_was_open = False

    def new_socket(self, channel: Channel) -> int:
        """Have a socket opened; returns its number."""
        socket = self.new_id()
        self.sockets.add(socket)
        self.record("socket.opening", socket=socket)
        self.want(OpenSocket(socket, channel.uri))
        return socket

    def socket_opened(self, event: SocketOpened) -> None:
        """A socket is open."""
        if event.socket != self.socket:
            self.want(AbortSocket(event.socket))
            return
        self.record("socket.open", socket=event.socket, channel=self.channel.id if self.channel else None)
        self.socket_was_open = True
        self.listen_for_silence()
        self.subscribe()

    # Subscriptions and state

    def subscribe(self) -> None:
        """Ask for our topics; this replaces all that the channel had."""
        if self.channel is not None:
            self.put_subscriptions(self.channel, self.for_this_attempt(self.subscribed))

    def put_subscriptions(self, channel: Channel, then: Callable[[Replied], None]) -> None:
        """One bad topic must not cost the others, hence ignoreErrors."""
        body = [{"id": topic} for topic in self.topics()]
        self.ask("PUT", f"{CHANNELS}/{channel.id}/subscriptions", then, body, self.subscription_query())

    def subscription_query(self) -> dict[str, str]:
        """How subscriptions are asked for."""
        return {"ignoreErrors": "true"}

    def subscribed(self, reply: Replied) -> None:
        """The server took the topics, or the channel is gone, or it has to be asked again."""
        if reply.ok:
            self.reread()
        elif reply.status == 404:
            self.channel = None
            self.lose("channel gone")
        else:
            self.step_again(self.subscribe, reply.retry_after_s)

    def step_again(self, step: Callable[[], None], retry_after_s: float | None = None) -> None:
        """Do a step of this attempt again after a while."""
        attempt = self.attempt
        self.set_alarm(
            "step",
            (retry_after_s or 0.0) + self.backoff.delay_s(),
            lambda: step() if self.still_wanted(attempt) else None,
        )

    def reread(self) -> None:
        """Fill the gap by REST and go on with `caught_up`; a matter of the layers above."""
        raise NotImplementedError

    def caught_up(self) -> None:
        """Connected, and the state is known."""
        self.phase = Phase.CONNECTED
        self.times_connected += 1
        self.set_alarm("stable", self.timings.stable_s, self.backoff.reset)

    def renew_channel(self) -> None:
        """A channel lives 24 h; subscribing again extends it."""
        self.set_alarm("renew", self.timings.channel_renew_s, self.renew_channel)
        if self.connected:
            self.subscribe_again()

    def subscribe_again(self) -> None:
        """Subscribe on the open socket; the state is not in doubt."""
        if self.channel is not None:
            self.put_subscriptions(self.channel, self.for_this_attempt(self.renewed))

    def watch_topics(self, event: WatchTopics) -> None:
        """Want more topics, from now on."""
        extra = dict.fromkeys([*self.wishes.extra_topics, *event.topics])
        self.wishes = replace(self.wishes, extra_topics=tuple(extra))
        if self.connected:
            self.subscribe_again()

    def renewed(self, reply: Replied) -> None:
        """The channel lives on, or another is needed."""
        if reply.status == 404:
            self.channel = None
            self.lose("channel gone")
        elif not reply.ok:
            self.step_again(self.subscribe_again, reply.retry_after_s)

    # Losing it

    def lose(self, why: str, retry_after_s: float | None = None) -> None:
        """There is no connection any more; try again after a while."""
        self.leave_attempt()
        self.drop_socket()
        self.retry(retry_after_s)

    def leave_attempt(self) -> None:
        """What was going on is of no use any more."""
        self.attempt += 1
        self.drop_alarm("ping", "silence", "stable", "step", "move")
        self.phase = Phase.OFFLINE

    def drop_socket(self) -> None:
        """Close the socket hard: whoever is at its other end may not be there any more."""
        if self.socket is not None:
            self.want(AbortSocket(self.socket))
            self.socket = None

    def retry(self, retry_after_s: float | None = None) -> None:
        """Try again, not before the server allows it."""
        self.set_alarm("reconnect", (retry_after_s or 0.0) + self.reconnect_delay_s(), self.begin_attempt)

    def reconnect_delay_s(self) -> float:
        """How long to wait after this failure."""
        return self.backoff.delay_s()

    def socket_closed(self, event: SocketClosed) -> None:
        """A socket is gone, whoever closed it."""
        self.sockets.discard(event.socket)
        reason = event.reason or (f"handshake refused ({event.status})" if event.status else "")
        self.record("socket.closed", socket=event.socket, code=event.code, reason=reason)
        if event.socket == self.socket:
            self.socket = None
            if self.channel_is_to_blame(event):
                self.channel = None
            self.lose("socket closed", event.retry_after_s)
        elif not self.sockets:
            self.drop_alarm("closing")
            if self.attempt_when_closed:
                self.begin_attempt()

    def channel_is_to_blame(self, event: SocketClosed) -> bool:
        """Whether the same channel would fare no better: it was refused by name, or closed before it was of use."""
        if event.status:
            return event.status < 500 and event.status != 429
        return self.socket_was_open and not self.connected

    # Hearing

    def heard(self, event: Heard) -> None:
        """A message came in."""
        if event.socket != self.socket:
            return
        self.listen_for_silence()
        if isinstance(event.message, dict) and isinstance(event.message.get("topicName"), str):
            self.hear_topic(event.message["topicName"], event.message.get("eventBody"))

    def hear_topic(self, topic: str, body: Any) -> None:
        """Sort what the platform says of itself from what it says of the agent."""
        if topic.startswith("v2.system."):
            self.hear_system(topic.split(".")[2])
        elif topic != "channel.metadata":
            self.hear(topic, body)

    def hear_system(self, notice: str) -> None:
        """The platform speaks of the channel itself."""
        if notice == "socket_closing":
            self.set_alarm("move", self.random.uniform(0.0, self.timings.move_over_s), self.move_over)
        elif notice == "no_longer_subscribed":
            self.channel = None
            self.lose("no longer subscribed")
        elif notice == "token_revoked":
            self.token_died()

    def hear(self, topic: str, body: Any) -> None:
        """An event about the agent; a matter of the layers above."""
        raise NotImplementedError

    def listen_for_silence(self) -> None:
        """Something was heard: the watch starts again."""
        self.last_heard = self.now
        self.set_alarm("ping", self.timings.ping_s, self.ping)
        self.set_alarm("silence", self.timings.silence_s, self.silent)

    def ping(self) -> None:
        """Ask whether anybody is there."""
        if self.socket is not None:
            self.want(Say(self.socket, {"message": "ping"}))

    def silent(self) -> None:
        """Nobody is there: the socket is dead, whatever it looks like."""
        self.lose("silence")

    # Closing on purpose

    def move_over(self) -> None:
        """The server is about to close: leave first, and open anew as soon as the old socket is closed."""
        self.leave_attempt()
        self.channel = None
        self.phase = Phase.CONNECTING
        self.attempt_when_closed = True
        self.close_politely()

    def close_politely(self) -> None:
        """Close the socket with a handshake, for a while; then hard."""
        if self.socket is None:
            return
        socket, self.socket = self.socket, None
        self.want(CloseSocket(socket))
        self.set_alarm("closing", self.timings.polite_close_s, lambda: self.want(AbortSocket(socket)))

    def log_out(self, reason: str) -> None:
        """End everything that is going on."""
        self.cancel_attempts()
        self.close_politely()
        self.phase = Phase.LOGGED_OUT
        self.record("logged_out", reason=reason)

    def cancel_attempts(self) -> None:
        """Nothing of an attempt in flight may come true after the log-out."""
        opening = self.phase is Phase.CONNECTING
        self.leave_attempt()
        self.attempt_when_closed = False
        self.drop_alarm("reconnect", "renew")
        self.forget_requests()
        if opening:
            self.drop_socket()
