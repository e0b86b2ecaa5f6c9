"""How a call goes to an agent and a leg comes to its end; no socket, no clock, no chance in here.

A call lives as Genesys has it: the customer's leg, an ACD leg while it is in a queue, and an agent leg per offer - so
an agent who missed the call and is offered it again is there twice. A connected leg of an agent that ends is
`disconnected` and in after-call work; it is `terminated` once wrapped up or timed out.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.effects import (
    AcwStarted,
    ConversationChanged,
    Declined,
    Detail,
    Effect,
    MembershipChanged,
    Offered,
    RoutingChanged,
)
from simulator.cloud.platform.model import (
    AgentRouting,
    CallState,
    Conversation,
    Participant,
    Phase,
    Purpose,
    Queue,
    RoutingStatus,
    Wrapup,
)

JOIN_DELAY_MS = 500


@dataclass(frozen=True)
class AlertTimeout:
    """The alert of a participant is unanswered for too long."""

    conversation_id: str
    participant_id: str


@dataclass(frozen=True)
class AcwTimeout:
    """The after-call work of a participant takes too long."""

    conversation_id: str
    participant_id: str


@dataclass(frozen=True)
class Join:
    """An ordered joining or leaving that is not done yet."""

    queue_id: str
    user_id: str
    joined: bool


Timer = AlertTimeout | AcwTimeout | Join


class Acd:
    """The state of all queues, agents and calls, and the steps that its events are made of."""

    def __init__(
        self, queues: Iterable[Queue], agents: Mapping[str, str], now_ms: int, new_id: Callable[[], str]
    ) -> None:
        self.queues = {queue.id: queue for queue in queues}
        self.agents = {id: AgentRouting(id, name, now_ms, queues_changed_ms=now_ms) for id, name in agents.items()}
        self.conversations: dict[str, Conversation] = {}
        self.join_delay_ms = JOIN_DELAY_MS
        self.flow_id: str | None = None  # the flow that puts calls into queues, where there is one
        self._new_id = new_id
        self._timers: dict[Timer, int] = {}
        self._legs: dict[str, list[tuple[Conversation, Participant]]] = {id: [] for id in agents}
        self._waiting: dict[str, Conversation] = {}
        self._out: list[Effect] = []
        self._stirred: set[str] = set()
        self._touched: dict[str, None] = {}

    def conversation(self, conversation_id: str) -> Conversation:
        """Raises `ApiError` 404."""
        found = self.conversations.get(conversation_id)
        if found is None:
            raise ApiError(404, "not.found", f"Conversation {conversation_id} was not found.")
        return found

    def participant(self, conversation_id: str, participant_id: str) -> Participant:
        """Raises `ApiError` 404."""
        for participant in self.conversation(conversation_id).participants:
            if participant.id == participant_id:
                return participant
        raise ApiError(404, "not.found", f"Participant {participant_id} was not found.")

    def queue(self, queue_id: str) -> Queue:
        """Raises `ApiError` 404."""
        found = self.queues.get(queue_id)
        if found is None:
            raise ApiError(404, "not.found", f"Queue {queue_id} was not found.")
        return found

    def legs(self, user_id: str) -> list[tuple[Conversation, Participant]]:
        """The legs of `user_id` that are not over: alerting, connected, or in after-call work."""
        return list(self._legs.get(user_id, []))

    def acw_deadline(self, conversation_id: str, participant_id: str) -> int | None:
        """When running after-call work ends by itself, in epoch ms."""
        return self._timers.get(AcwTimeout(conversation_id, participant_id))

    def next_deadline(self) -> int | None:
        """When `expire` has something to do, in epoch ms."""
        return min(self._timers.values(), default=None)

    def _settle(self, now_ms: int) -> list[Effect]:
        """Give waiting calls to idle agents, then collect what changed."""
        self._refresh(now_ms)
        for conversation in self._waiting_calls():
            user_id = self._longest_idle(conversation)
            if user_id is not None:
                self._alert(now_ms, conversation, user_id)
        self._refresh(now_ms)
        for conversation_id in self._touched:
            conversation = self.conversations[conversation_id]
            conversation.version += 1
            conversation.modified_ms = max(now_ms, conversation.modified_ms + 1)
            self._out.append(ConversationChanged(conversation_id))
        out, self._out, self._touched = self._out, [], {}
        return out

    def _refresh(self, now_ms: int) -> None:
        for user_id in sorted(self._stirred):
            agent = self.agents[user_id]
            status = self._status(agent)
            if status is not agent.status:
                agent.status, agent.version = status, agent.version + 1
                agent.since_ms = max(now_ms, agent.since_ms + 1)
                self._out.append(RoutingChanged(user_id))
        self._stirred.clear()

    def _status(self, agent: AgentRouting) -> RoutingStatus:
        if not agent.on_queue:
            return RoutingStatus.OFF_QUEUE
        if any(leg.state is not CallState.ALERTING for _, leg in self._legs[agent.id]):
            return RoutingStatus.INTERACTING
        return RoutingStatus.NOT_RESPONDING if agent.not_responding else RoutingStatus.IDLE

    def _waiting_calls(self) -> list[Conversation]:
        return [call for call in self._waiting.values() if call.phase is Phase.WAITING]

    def _longest_idle(self, conversation: Conversation) -> str | None:
        members = self.queues[conversation.queue_id].members
        idle = [
            (agent.since_ms, agent.id)
            for agent in (self.agents[id] for id, joined in members.items() if joined)
            if agent.status is RoutingStatus.IDLE and not self._legs[agent.id]
        ]
        return min(idle)[1] if idle else None

    def _run_flow(self, now_ms: int, conversation: Conversation, flow_id: str) -> None:
        """What answers a call before a queue does; it takes no time."""
        ivr = self._participant(now_ms, Purpose.IVR, CallState.CONNECTED, name="Flow")
        ivr.peer_id = conversation.customer.communication_id
        conversation.participants.append(ivr)
        fields = {"flowId": flow_id, "flowName": "Flow", "flowType": "INBOUNDCALL", "flowVersion": "1.0"}
        self._detail(now_ms, conversation, ivr, "flow.start", **fields)
        ivr.state, ivr.end_ms, ivr.disconnect_type = CallState.TERMINATED, now_ms, "transfer"
        ended = {"exitReason": "TRANSFER", "connectedDurationMs": 0, "disconnectType": "TRANSFER"}
        self._detail(now_ms, conversation, ivr, "flow.end", **fields, **ended)

    def _enqueue(self, now_ms: int, conversation: Conversation, queue: Queue) -> None:
        conversation.queue_id = queue.id
        acd = self._participant(now_ms, Purpose.ACD, CallState.CONNECTED, name=queue.name)
        acd.queue_id, acd.peer_id = queue.id, conversation.customer.communication_id
        conversation.participants.append(acd)
        self._waiting[conversation.id] = conversation
        self._touched[conversation.id] = None
        self._detail(now_ms, conversation, acd, "acd.start", queueId=queue.id)

    def _alert(self, now_ms: int, conversation: Conversation, user_id: str) -> None:
        leg = self._participant(now_ms, Purpose.AGENT, CallState.ALERTING, name=self.agents[user_id].name)
        leg.user_id, leg.queue_id = user_id, conversation.queue_id
        leg.peer_id = conversation.customer.communication_id
        conversation.participants.append(leg)
        self._legs[user_id].append((conversation, leg))
        timeout_ms = self.queues[conversation.queue_id].alerting_timeout_ms
        self._timers[AlertTimeout(conversation.id, leg.id)] = now_ms + timeout_ms
        self._touch(conversation, leg)
        self._detail(now_ms, conversation, leg, "user.start", userId=user_id, queueId=leg.queue_id)
        self._out.append(Offered(conversation.id, user_id))

    def _miss(self, now_ms: int, conversation: Conversation, leg: Participant, why: str) -> None:
        self._timers.pop(AlertTimeout(conversation.id, leg.id), None)
        user_id = self._touch(conversation, leg)
        leg.state, leg.end_ms = CallState.TERMINATED, now_ms
        leg.disconnect_type = {"declined": "client", "timeout": "transfer.noanswer", "gone": "peer"}[why]
        self._drop_leg(leg)
        if why != "gone":
            self.agents[user_id].not_responding = self.agents[user_id].on_queue
            if conversation.waiting is None:
                self._enqueue(now_ms, conversation, self.queues[conversation.queue_id])
        self._detail_user_end(now_ms, conversation, leg)
        self._out.append(Declined(conversation.id, user_id, why))

    def _end_acd(
        self, now_ms: int, conversation: Conversation, acd: Participant, outcome: str, user_id: str | None
    ) -> None:
        self._waiting.pop(conversation.id)
        acd.state, acd.end_ms = CallState.TERMINATED, now_ms
        acd.disconnect_type = "peer" if outcome == "ABANDON" else "transfer"
        fields: dict[str, object] = {"queueId": acd.queue_id, "acdOutcome": outcome, "usedRouting": "Standard"}
        if user_id is not None:
            fields["answeredUserId"] = user_id
        fields |= {"connectedDurationMs": now_ms - acd.start_ms, "disconnectType": _event_spelling(acd.disconnect_type)}
        self._detail(now_ms, conversation, acd, "acd.end", **fields)

    def _end_agent(self, now_ms: int, conversation: Conversation, leg: Participant, disconnect_type: str) -> None:
        self._count_hold(now_ms, leg)
        leg.held, leg.hold_start_ms = False, None
        leg.end_ms, leg.disconnect_type = now_ms, disconnect_type
        user_id = self._touch(conversation, leg)
        self._detail_user_end(now_ms, conversation, leg)
        leg.state, leg.acw_start_ms = CallState.DISCONNECTED, now_ms
        if not leg.wrapup_required or (leg.wrapup is not None and not leg.wrapup.provisional):
            self._end_acw(now_ms, conversation, leg)
            return
        deadline_ms = now_ms + self.queues[str(leg.queue_id)].wrapup_timeout_ms
        self._timers[AcwTimeout(conversation.id, leg.id)] = deadline_ms
        self._out.append(AcwStarted(conversation.id, user_id, deadline_ms))

    def _end_acw(self, now_ms: int, conversation: Conversation, leg: Participant) -> None:
        self._timers.pop(AcwTimeout(conversation.id, leg.id), None)
        leg.state, leg.acw_end_ms = CallState.TERMINATED, now_ms
        self._drop_leg(leg)
        wrapup = leg.wrapup or Wrapup("")
        self._detail(
            now_ms,
            conversation,
            leg,
            "acw",
            userId=leg.user_id,
            queueId=leg.queue_id,
            wrapupCode=wrapup.code,
            wrapupNotes=wrapup.notes,
            wrapupDurationMs=now_ms - (leg.acw_start_ms or now_ms),
        )

    def _end_customer(self, now_ms: int, conversation: Conversation, disconnect_type: str) -> None:
        customer = conversation.customer
        customer.state, customer.end_ms, customer.disconnect_type = CallState.TERMINATED, now_ms, disconnect_type
        conversation.end_ms = now_ms
        self._touched[conversation.id] = None
        self._detail(now_ms, conversation, customer, "customer.end", disconnectType=_event_spelling(disconnect_type))

    def _participant(self, now_ms: int, purpose: Purpose, state: CallState, name: str) -> Participant:
        made = Participant(self._new_id(), self._new_id(), purpose, state, now_ms, name)
        made.connected_ms = now_ms if state is CallState.CONNECTED else None
        return made

    def _membership_changed(self, now_ms: int, queue_id: str, user_id: str) -> None:
        agent = self.agents[user_id]
        agent.queues_changed_ms = max(now_ms, agent.queues_changed_ms + 1)
        self._out.append(MembershipChanged(queue_id, user_id))

    def _touch(self, conversation: Conversation, leg: Participant) -> str:
        """Both the call and its agent change; answers the agent's id."""
        user_id = str(leg.user_id)
        self._touched[conversation.id] = None
        self._stirred.add(user_id)
        return user_id

    def _drop_leg(self, leg: Participant) -> None:
        user_id = str(leg.user_id)
        self._legs[user_id] = [held for held in self._legs[user_id] if held[1] is not leg]

    @staticmethod
    def _count_hold(now_ms: int, leg: Participant) -> None:
        if leg.hold_start_ms is not None:
            leg.held_total_ms += now_ms - leg.hold_start_ms

    def _detail_user_end(self, now_ms: int, conversation: Conversation, leg: Participant) -> None:
        answered = leg.connected_ms if leg.connected_ms is not None else now_ms
        self._detail(
            now_ms,
            conversation,
            leg,
            "user.end",
            userId=leg.user_id,
            queueId=leg.queue_id,
            disconnectType=_event_spelling(leg.disconnect_type),
            alertingDurationMs=answered - leg.start_ms,
            interactingDurationMs=now_ms - answered - leg.held_total_ms,
            heldDurationMs=leg.held_total_ms,
            contactingDurationMs=0,
            dialingDurationMs=0,
        )

    def _detail(
        self, now_ms: int, conversation: Conversation, participant: Participant, name: str, **fields: object
    ) -> None:
        self._out.append(Detail(conversation.id, participant.id, name, now_ms, fields))


def _event_spelling(disconnect_type: str | None) -> str:
    return str(disconnect_type).upper().replace(".", "_")
