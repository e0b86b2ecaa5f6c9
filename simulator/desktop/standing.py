"""Presence and routing status: what the server says, what the agent wishes, and which of them counts.

The server's newer version always wins, with one exception: the presence that the platform itself sets when a user comes
back after the restore window (Available) was nobody's decision. It is told from a supervisor's by reading presence
*before* the new socket opens: if it still is what we last knew, or Offline, and Available only afterwards, then it is
the log-on that set it, and an agent who was On Queue goes back there.
"""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from simulator.desktop.backoff import Backoff
from simulator.desktop.connection import Connection
from simulator.desktop.events import ChoosePresence, Replied
from simulator.desktop.facts import (
    AVAILABLE,
    OFFLINE,
    ON_QUEUE,
    PRESENCE_IDS,
    Presence,
    Routing,
    presence_in,
    routing_in,
    spelt,
)
from simulator.desktop.rest import WITHDRAWN, Change


@dataclass(frozen=True)
class Intent:
    """A presence that the agent chose and the server has not confirmed; `basis`: the version it was chosen over."""

    system: str
    basis: str
    message: str | None = None


class Standing(Connection):
    """Presence and routing status."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.presence: Presence | None = _presence_kept(self.kept.get("presence"))
        self.before: Presence | None = None
        self.overheard: Presence | None = None
        self.intent: Intent | None = None
        self.pushing: Intent | None = None
        self.routing: Routing | None = None
        self.waking = False
        self.beat_backoff = Backoff(self.timings, self.random)

    @property
    def on_queue(self) -> bool:
        """Whether the agent stands On Queue, as far as the desktop knows."""
        return self.presence is not None and self.presence.system == ON_QUEUE

    # Before the socket opens

    def must_look_first(self) -> bool:
        """The first time, and after a gap in which the platform may have changed presence by itself."""
        return self.times_connected == 0 or self.now - self.last_heard >= self.timings.long_gap_s

    def look_first(self) -> None:
        """Read the agent's own user."""
        self.read("/api/v2/users/me", self.for_this_attempt(self.looked), expand="presence,routingStatus")

    def looked(self, reply: Replied) -> None:
        """Remember what the server had before we came back."""
        found = presence_in(reply.body.get("presence")) if reply.ok and isinstance(reply.body, dict) else None
        if found is None:
            self.lose(f"cannot read the user ({reply.status})", reply.retry_after_s)
            return
        if self.before is None or found.system != AVAILABLE:
            # An earlier attempt may have opened a socket already: then Available is no news.
            self.before = found
        self.need_channel()

    # Filling the gap

    def reread(self) -> None:
        """Read presence and routing status; the layer above adds the conversations."""
        self.read(
            f"/api/v2/users/{self.agent}",
            self.for_this_attempt(self.reread_standing),
            expand="presence,routingStatus",
        )

    def reread_standing(self, reply: Replied) -> None:
        """Take over what the server says."""
        body = reply.body if reply.ok and isinstance(reply.body, dict) else {}
        presence, routing = presence_in(body.get("presence")), routing_in(body.get("routingStatus"))
        if presence is None or routing is None:
            self.step_again(self.reread, reply.retry_after_s)
            return
        self.adopt_routing(routing)
        self.reconcile(presence)
        self.reread_work()

    def reread_work(self) -> None:
        """Read the conversations and go on with `caught_up`; a matter of the layer above."""
        raise NotImplementedError

    def caught_up(self) -> None:
        """Connected: from now on presence is confirmed at a steady pace."""
        super().caught_up()
        if self.overheard is not None:
            self.reconcile(self.overheard)
        self.before = self.overheard = None
        self.start_presence_loop()
        self.go_to_work()
        self.push_intent()
        self.wake_up()

    def go_to_work(self) -> None:
        """Once after a log-in: the presence that the agent is set to have."""
        if self.kept.get("wish") != self.wishes.presence:
            self.keep("wish", self.wishes.presence)
            if self.presence is None or self.presence.system != self.wishes.presence:
                self.choose(self.wishes.presence)

    def leave_attempt(self) -> None:
        """Without a socket the loop goes on at the pace of an outage."""
        was_connected = self.connected
        super().leave_attempt()
        self.drop_alarm("push")
        if was_connected:
            self.start_presence_loop()

    def cancel_attempts(self) -> None:
        """After a log-out nothing is wished or confirmed any more."""
        super().cancel_attempts()
        self.drop_alarm("beat", "push")
        self.intent = self.pushing = None
        self.before = self.overheard = None
        self.waking = False
        self.times_connected = 0
        self.keep("wish", None)

    # Reconciling

    def reconcile(self, found: Presence) -> None:
        """Put the server's presence, just read, beside ours."""
        if self.set_by_log_on(found):
            self.return_to_queue(found)
        elif found.newer_than(self.presence):
            self.intent = self.intent_after(found)
            self.adopt_presence(found)

    def set_by_log_on(self, found: Presence) -> bool:
        """Whether `found` is Available by the platform's own doing, and the agent had been On Queue."""
        known, before = self.presence, self.before
        return (
            found.system == AVAILABLE
            and known is not None
            and known.system == ON_QUEUE
            and before is not None
            and found.newer_than(before)
            and (before.version == known.version or before.system == OFFLINE)
            and found.message == known.message
        )

    def return_to_queue(self, found: Presence) -> None:
        """Show the truth, and go where the agent meant to be."""
        wish = self.intent.system if self.intent else ON_QUEUE
        self.adopt_presence(found)
        self.choose(wish)

    def intent_after(self, found: Presence) -> Intent | None:
        """What is left of the agent's wish now that the server has something newer."""
        if self.intent is None or self.intent.basis >= found.version:
            return self.intent
        if self.pushing not in (None, self.intent) and self.pushing.system == found.system:
            # That was our own wish of before; the newest one builds on it.
            return replace(self.intent, basis=found.version)
        return None

    def adopt_presence(self, found: Presence) -> None:
        """Show what the server says."""
        changed = found != self.presence
        self.presence = found
        self.keep("presence", asdict(found))
        if changed:
            self.show_presence(found)

    def show_presence(self, shown: Presence) -> None:
        """What the agent sees."""
        self.record("presence.shown", presence=shown.system, version=shown.version, message=shown.message)

    def shown_presence(self) -> Presence | None:
        """The presence on the screen."""
        return self.presence

    # Wishing

    def choose_presence(self, event: ChoosePresence) -> str | None:
        """The agent picks a presence. Answers why not, if it is not possible."""
        if spelt(event.system) not in PRESENCE_IDS:
            return f"presence: expected one of {sorted(PRESENCE_IDS)}, found {event.system!r}"
        self.choose(spelt(event.system), event.message)
        return None

    def choose(self, system: str, message: str | None = None) -> None:
        """Keep the wish until the server has it or something newer."""
        self.intent = Intent(system, self.presence.version if self.presence else "", message)
        self.push_intent()

    def push_intent(self) -> None:
        """Tell the server what the agent wishes, unless that was overtaken; only with fresh knowledge of the server."""
        intent = self.intent
        if intent is None or self.pushing or not self.may_push(intent):
            return
        self.pushing = intent
        body: dict[str, Any] = {"presenceDefinition": {"id": PRESENCE_IDS[intent.system]}}
        if intent.message is not None:
            body["message"] = intent.message
        still = partial(self.may_push, intent)
        self.write(Change("PATCH", self.presence_path(), body, intent.basis, still), self.pushed)

    def may_push(self, intent: Intent) -> bool:
        """Whether nothing newer than the wish is known."""
        return self.connected and (self.presence is None or intent.basis >= self.presence.version)

    def presence_path(self) -> str:
        """Where this agent's presence is."""
        return f"/api/v2/users/{self.agent}/presences/PURECLOUD"

    def pushed(self, reply: Replied) -> None:
        """The server took the wish, refused it, or nobody knows."""
        found = presence_in(reply.body) if reply.ok else None
        if found is not None and found.newer_than(self.presence):
            self.intent = self.intent_after(found)
            self.adopt_presence(found)
        said_no = self.outcome(reply) == "failed" and reply.status not in (401, WITHDRAWN)
        if self.intent is self.pushing and (found is not None or said_no):
            self.intent = None
        self.pushing = None
        if found is not None:
            self.beat_backoff.reset()
            self.push_intent()
        elif self.intent is not None:
            self.set_alarm("push", (reply.retry_after_s or 0.0) + self.beat_backoff.delay_s(), self.confirm_presence)

    # The loop

    def start_presence_loop(self) -> None:
        """Confirm presence at a steady pace, beginning after one interval."""
        pace = self.timings.presence_beat_s if self.connected else self.timings.offline_beat_s
        self.set_alarm("beat", pace * self.random.uniform(0.8, 1.0), self.beat)

    def beat(self) -> None:
        """One turn of the loop."""
        self.start_presence_loop()
        if self.connected:
            self.confirm_presence()

    def confirm_presence(self) -> None:
        """Read presence from its own endpoint, so that the screen and the supervisor agree."""
        self.read(self.presence_path(), self.confirmed)

    def confirmed(self, reply: Replied) -> None:
        """Take over what is newer, then tell what the agent wishes."""
        found = presence_in(reply.body) if reply.ok else None
        if found is None:
            return
        # Without a socket, what the platform did by itself cannot be told apart: that is for the reconnect.
        if self.connected:
            self.reconcile(found)
            self.push_intent()
            self.wake_up()

    # Routing status

    def adopt_routing(self, found: Routing) -> None:
        """Show what the server says, unless it is older."""
        if self.routing is not None and found.version < self.routing.version:
            return
        changed = self.routing is None or found.status != self.routing.status
        self.routing = found
        if changed:
            self.record("routing.shown", routing=found.status)
        self.wake_up()

    def wake_up(self) -> None:
        """An agent who missed a call while away gets no more until somebody says that they are back."""
        if not self.connected or self.waking or not self.on_queue:
            return
        if self.routing is not None and self.routing.status == "NOT_RESPONDING":
            self.waking = True
            path = f"/api/v2/users/{self.agent}/routingstatus"
            self.write(Change("PUT", path, {"status": "IDLE"}, self.routing.version), self.awake)

    def awake(self, reply: Replied) -> None:
        """The server's answer is the new routing status; if it failed, the loop will try again."""
        self.waking = False
        found = routing_in(reply.body) if reply.ok else None
        if found is not None:
            self.adopt_routing(found)

    # Hearing

    def hear(self, topic: str, body: Any) -> None:
        """Presence and routing status; older news than ours is no news."""
        name = topic.rsplit(".", 1)[-1]
        if name == "presence":
            found = presence_in(body)
            if found is not None and found.newer_than(self.presence):
                self.hear_presence(found)
        elif name == "routingStatus" and isinstance(body, dict):
            routing = routing_in(body.get("routingStatus"))
            if routing is not None:
                self.adopt_routing(routing)
        else:
            self.hear_work(topic, body)

    def hear_presence(self, found: Presence) -> None:
        """An event with a newer presence. Until the gap is filled it waits: what is being read may be older."""
        if self.connected:
            self.reconcile(found)
            self.push_intent()
        elif found.newer_than(self.overheard):
            self.overheard = found

    def hear_work(self, topic: str, body: Any) -> None:
        """Events about conversations; a matter of the layer above."""
        raise NotImplementedError


def _presence_kept(kept: Any) -> Presence | None:
    return Presence(**kept) if kept else None
