"""Says what the cores did: as events on topics and as lines of evidence."""

from functools import singledispatchmethod
from typing import TYPE_CHECKING, Any

from simulator.cloud.platform import conversation_shapes, user_shapes
from simulator.cloud.platform.clock import iso
from simulator.cloud.platform.effects import (
    AcwStarted,
    Answered,
    ConversationChanged,
    Declined,
    Detail,
    Effect,
    MembershipChanged,
    Offered,
    RoutingChanged,
    WrappedUp,
)
from simulator.cloud.platform.presence_core import PresenceChanged

if TYPE_CHECKING:
    from simulator.cloud.platform.platform import Platform


class Announcer:
    """Publishes each change in Genesys' event shapes and writes it to the evidence."""

    def __init__(self, platform: "Platform") -> None:
        self._platform = platform
        self._evidence = platform.cloud.evidence
        self._spelling = platform.cloud.settings.switches.presence_event_spelling
        self._summaries: dict[str, dict[str, Any]] = {}

    def tell_presence(self, change: PresenceChanged) -> None:
        """A presence or its message changed."""
        now = self._platform.presence.of(change.user_id)
        self._evidence.write(
            "cloud.presence",
            agent=change.user_id,
            presence=now.presence.value,
            version=now.version,
            by=change.by,
            message=now.message,
        )
        self._publish(f"v2.users.{change.user_id}.presence", user_shapes.presence_event(now, self._spelling))
        self._publish_activity(change.user_id)

    @singledispatchmethod
    def tell(self, effect: Effect) -> None:
        """Something happened in routing."""
        raise TypeError(f"no way to tell {type(effect).__name__}")

    @tell.register
    def _(self, effect: RoutingChanged) -> None:
        agent = self._platform.routing.agents[effect.user_id]
        self._evidence.write("cloud.routing", agent=agent.id, routing=agent.status.value, version=agent.version)
        self._publish(f"v2.users.{agent.id}.routingStatus", user_shapes.routing_status_event(agent))
        self._publish_activity(agent.id)

    @tell.register
    def _(self, effect: MembershipChanged) -> None:
        members = self._platform.routing.queues[effect.queue_id].members
        joined = members.get(effect.user_id)
        self._evidence.write("cloud.member", agent=effect.user_id, queue=effect.queue_id, joined=joined)
        body = {
            "id": effect.user_id,
            "user": {"id": effect.user_id},
            "queueId": effect.queue_id,
            "joined": bool(joined),
        }
        self._publish(f"v2.routing.queues.{effect.queue_id}.users", body)
        self._publish_activity(effect.user_id)

    @tell.register
    def _(self, effect: ConversationChanged) -> None:
        conversation = self._platform.routing.conversations[effect.conversation_id]
        self._evidence.write(
            "cloud.conversation",
            conversation=conversation.id,
            state=conversation.phase.value,
            version=conversation.version,
        )
        queues = self._platform.routing.queues
        whole = conversation_shapes.event_conversation(conversation, queues)
        flat = conversation_shapes.call_conversation(conversation, queues)
        users = sorted({leg.user_id for leg in conversation.agents if leg.user_id is not None})
        for place in [f"v2.users.{id}" for id in users] + [f"v2.routing.queues.{conversation.queue_id}"]:
            self._publish(f"{place}.conversations", whole)
            self._publish(f"{place}.conversations.calls", flat)
        for user_id in users:
            self._publish_summary(user_id)

    @tell.register
    def _(self, effect: Offered) -> None:
        self._evidence.write("cloud.offer", agent=effect.user_id, conversation=effect.conversation_id)

    @tell.register
    def _(self, effect: Answered) -> None:
        self._evidence.write("cloud.answer", agent=effect.user_id, conversation=effect.conversation_id)

    @tell.register
    def _(self, effect: Declined) -> None:
        self._evidence.write("cloud.decline", agent=effect.user_id, conversation=effect.conversation_id, why=effect.why)

    @tell.register
    def _(self, effect: AcwStarted) -> None:
        deadline = iso(effect.deadline_ms)
        self._evidence.write(
            "cloud.acw", agent=effect.user_id, conversation=effect.conversation_id, deadline_wall=deadline
        )

    @tell.register
    def _(self, effect: WrappedUp) -> None:
        leg = self._platform.routing.participant(effect.conversation_id, effect.participant_id)
        if leg.wrapup is not None:
            self._evidence.write(
                "cloud.wrapup",
                agent=leg.user_id,
                conversation=effect.conversation_id,
                code=leg.wrapup.code,
                notes=leg.wrapup.notes,
                provisional=leg.wrapup.provisional,
                by=effect.by,
            )

    @tell.register
    def _(self, effect: Detail) -> None:
        self._witness(effect)
        body = conversation_shapes.detail_event(self._platform.routing.conversations[effect.conversation_id], effect)
        self._publish(f"v2.detail.events.conversation.{effect.conversation_id}.{effect.name}", body)

    def _witness(self, effect: Detail) -> None:
        """Write what really became of the call and of its stays in queues, whatever the event feed says of it."""
        call = effect.conversation_id
        leg = self._platform.routing.participant(call, effect.participant_id)
        if effect.name in ("customer.start", "customer.end"):
            self._evidence.write("cloud.call", conversation=call, started=leg.start_ms, ended=leg.end_ms)
        if effect.name in ("acd.start", "acd.end"):
            self._evidence.write(
                "cloud.visit",
                conversation=call,
                queue=leg.queue_id,
                participant=leg.id,
                entered=leg.start_ms,
                left=leg.end_ms,
                outcome=effect.fields.get("acdOutcome"),
            )

    def _publish_activity(self, user_id: str) -> None:
        routing = self._platform.routing
        body = user_shapes.activity_event(
            routing.agents[user_id], self._platform.presence.of(user_id), routing.queues.values(), self._spelling
        )
        self._publish(f"v2.users.{user_id}.activity", body)

    def _publish_summary(self, user_id: str) -> None:
        summary = user_shapes.conversation_summary(user_id, self._platform.routing.legs(user_id))
        if summary != self._summaries.get(user_id):
            self._summaries[user_id] = summary
            self._publish(f"v2.users.{user_id}.conversationsummary", summary)

    def _publish(self, topic: str, event_body: dict[str, Any]) -> None:
        self._platform.cloud.events.publish(topic, event_body)
