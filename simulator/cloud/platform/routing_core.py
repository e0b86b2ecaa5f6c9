"""The events of ACD and calls: what agents, customers and time do, and whether it is possible.

Each takes the time in epoch ms and answers the effects; what is not possible raises `ApiError` and changes nothing.
"""

from collections.abc import Mapping
from dataclasses import replace

from simulator.cloud.caller import ApiError
from simulator.cloud.platform.acd import Acd, AlertTimeout, Join, Timer
from simulator.cloud.platform.effects import Answered, Effect, WrappedUp
from simulator.cloud.platform.model import TIMEOUT_CODE, CallState, Conversation, Participant, Purpose, Wrapup

DNIS = "tel:+13175550100"


class RoutingCore(Acd):
    """All queues, agents and calls of one organization."""

    # Agents

    def set_on_queue(self, now_ms: int, user_id: str, on_queue: bool) -> list[Effect]:
        """The presence of the agent became On Queue, or anything else."""
        agent = self.agents[user_id]
        if agent.on_queue != on_queue:
            agent.on_queue, agent.not_responding = on_queue, False
            agent.queues_changed_ms = max(now_ms, agent.queues_changed_ms + 1)
            self._stirred.add(user_id)
        return self._settle(now_ms)

    def make_idle(self, now_ms: int, user_id: str) -> list[Effect]:
        """Take the agent out of NOT_RESPONDING; raises `ApiError` 409 off queue."""
        agent = self.agents[user_id]
        if not agent.on_queue:
            raise ApiError(409, "conflict", "The user is not on queue.")
        agent.not_responding = False
        self._stirred.add(user_id)
        return self._settle(now_ms)

    def order_join(self, now_ms: int, queue_id: str, user_id: str, joined: bool) -> list[Effect]:
        """Join or leave a queue, which takes `join_delay_ms`; raises `ApiError` 404 for one who is no member."""
        if user_id not in self.queue(queue_id).members:
            raise ApiError(404, "not.found", f"User {user_id} is not a member of queue {queue_id}.")
        self._timers.pop(Join(queue_id, user_id, not joined), None)
        self._timers[Join(queue_id, user_id, joined)] = now_ms + self.join_delay_ms
        return []

    def set_member(self, now_ms: int, queue_id: str, user_id: str, member: bool) -> list[Effect]:
        """Make the agent a member (joined) or no member any more; raises `ApiError` 404."""
        queue = self.queue(queue_id)
        if user_id not in self.agents:
            raise ApiError(404, "not.found", f"User {user_id} was not found.")
        if member == (user_id in queue.members):
            return []
        if member:
            queue.members[user_id] = True
        else:
            del queue.members[user_id]
            self._timers.pop(Join(queue_id, user_id, True), None)
            self._timers.pop(Join(queue_id, user_id, False), None)
        self._membership_changed(now_ms, queue_id, user_id)
        return self._settle(now_ms)

    # Calls

    def place_call(
        self, now_ms: int, conversation_id: str, queue_id: str, ani: str, attributes: Mapping[str, str]
    ) -> list[Effect]:
        """A customer calls (`ani` as `tel:+1...`) and is put into the queue; raises `ApiError` 404."""
        queue = self.queue(queue_id)
        conversation = Conversation(conversation_id, queue_id, ani, DNIS, now_ms)
        customer = self._participant(now_ms, Purpose.CUSTOMER, CallState.CONNECTED, name="Customer")
        customer.attributes.update(attributes)
        conversation.participants.append(customer)
        self.conversations[conversation.id] = conversation
        self._touched[conversation.id] = None
        self._detail(now_ms, conversation, customer, "customer.start")
        if self.flow_id is not None:
            self._run_flow(now_ms, conversation, self.flow_id)
        self._enqueue(now_ms, conversation, queue)
        return self._settle(now_ms)

    def answer(self, now_ms: int, conversation_id: str, participant_id: str) -> list[Effect]:
        """Take an alerting call; nothing to do where it is connected, `ApiError` 409 where it is over."""
        conversation, leg = self._leg(conversation_id, participant_id)
        if leg.state is CallState.CONNECTED:
            return []
        if leg.state is not CallState.ALERTING:
            raise _conflict("answered", leg)
        self._timers.pop(AlertTimeout(conversation_id, participant_id), None)
        leg.state, leg.connected_ms = CallState.CONNECTED, now_ms
        leg.wrapup_required = True
        user_id = self._touch(conversation, leg)
        self.agents[user_id].not_responding = False
        acd = conversation.waiting
        if acd is not None:
            self._end_acd(now_ms, conversation, acd, "ANSWERED", user_id)
        self._out.append(Answered(conversation_id, user_id))
        return self._settle(now_ms)

    def disconnect(self, now_ms: int, conversation_id: str, participant_id: str) -> list[Effect]:
        """End a leg: an alerting one is declined, a connected one hung up; nothing to do where it is over."""
        conversation = self.conversation(conversation_id)
        leg = self.participant(conversation_id, participant_id)
        if leg.purpose is not Purpose.AGENT:
            return self.end(now_ms, conversation_id)
        if leg.state is CallState.ALERTING:
            self._miss(now_ms, conversation, leg, "declined")
        elif leg.state is CallState.CONNECTED:
            self._end_agent(now_ms, conversation, leg, "client")
            self._end_customer(now_ms, conversation, "peer")
        return self._settle(now_ms)

    def end(self, now_ms: int, conversation_id: str) -> list[Effect]:
        """The customer hangs up; nothing to do where the call is over."""
        conversation = self.conversation(conversation_id)
        if conversation.end_ms is not None:
            return []
        acd = conversation.waiting
        if acd is not None:
            self._end_acd(now_ms, conversation, acd, "ABANDON", None)
        for leg in conversation.agents:
            if leg.state is CallState.ALERTING:
                self._miss(now_ms, conversation, leg, "gone")
            elif leg.state is CallState.CONNECTED:
                self._end_agent(now_ms, conversation, leg, "peer")
        self._end_customer(now_ms, conversation, "endpoint")
        return self._settle(now_ms)

    def hold(self, now_ms: int, conversation_id: str, participant_id: str, held: bool) -> list[Effect]:
        """Put a connected call on hold or take it back; `ApiError` 409 where it is not connected."""
        conversation, leg = self._connected(conversation_id, participant_id, "held")
        if leg.held == held:
            return []
        self._count_hold(now_ms, leg)
        leg.held, leg.hold_start_ms = held, now_ms if held else None
        self._touch(conversation, leg)
        return self._settle(now_ms)

    def mute(self, now_ms: int, conversation_id: str, participant_id: str, muted: bool) -> list[Effect]:
        """Mute or unmute a connected call; `ApiError` 409 where it is not connected."""
        conversation, leg = self._connected(conversation_id, participant_id, "muted")
        leg.muted = muted
        self._touch(conversation, leg)
        return self._settle(now_ms)

    def fall_back(self, now_ms: int, conversation_id: str, participant_id: str, number: str) -> list[Effect]:
        """Move the voice of a connected call to a phone that dials `number`; `ApiError` 409 where there is none."""
        conversation, leg = self._connected(conversation_id, participant_id, "moved to a phone")
        if leg.media is None:
            raise ApiError(409, "conflict", f"Participant {leg.id} has no media.")
        leg.media = replace(leg.media, fallback_number=number)
        self._touch(conversation, leg)
        return self._settle(now_ms)

    def transfer_to_queue(self, now_ms: int, conversation_id: str, participant_id: str, queue_id: str) -> list[Effect]:
        """Give a connected call to a queue; the agent goes into after-call work."""
        conversation, leg = self._connected(conversation_id, participant_id, "transferred")
        queue = self.queue(queue_id)
        self._end_agent(now_ms, conversation, leg, "transfer")
        self._enqueue(now_ms, conversation, queue)
        return self._settle(now_ms)

    def move(self, now_ms: int, conversation_id: str, queue_id: str) -> list[Effect]:
        """Put a call into a queue, wherever it is, its own queue included; `ApiError` 409 where it is over."""
        conversation, queue = self.conversation(conversation_id), self.queue(queue_id)
        if conversation.end_ms is not None:
            raise ApiError(409, "conflict", f"Conversation {conversation_id} is over and cannot be moved.")
        if (acd := conversation.waiting) is not None:
            self._end_acd(now_ms, conversation, acd, "FLOW_OUT", None)
        for leg in conversation.agents:
            if leg.state is CallState.ALERTING:
                self._miss(now_ms, conversation, leg, "gone")
            elif leg.state is CallState.CONNECTED:
                self._end_agent(now_ms, conversation, leg, "transfer")
        self._enqueue(now_ms, conversation, queue)
        return self._settle(now_ms)

    def transfer_to_agent(self, now_ms: int, conversation_id: str, participant_id: str, user_id: str) -> list[Effect]:
        """Give a connected call to another agent, at whom it alerts; a missed one goes back to its queue."""
        conversation, leg = self._connected(conversation_id, participant_id, "transferred")
        if user_id not in self.agents:
            raise ApiError(404, "not.found", f"User {user_id} was not found.")
        if self._legs[user_id]:
            raise ApiError(409, "conflict", f"User {user_id} has a call already.")
        self._end_agent(now_ms, conversation, leg, "transfer")
        self._alert(now_ms, conversation, user_id)
        return self._settle(now_ms)

    def wrap_up(self, now_ms: int, conversation_id: str, participant_id: str, wrapup: Wrapup, by: str) -> list[Effect]:
        """Assign a wrap-up, during the call, in after-call work or later; only a final one ends after-call work."""
        conversation, leg = self._wrappable(conversation_id, participant_id)
        begun = leg.acw_start_ms if leg.acw_start_ms is not None else now_ms
        duration = wrapup.duration_seconds if wrapup.duration_seconds is not None else (now_ms - begun) // 1000
        leg.wrapup = replace(wrapup, duration_seconds=duration, end_ms=wrapup.end_ms or now_ms)
        self._touch(conversation, leg)
        self._out.append(WrappedUp(conversation_id, participant_id, by))
        self._detail(now_ms, conversation, leg, "wrapup", wrapupCode=wrapup.code, wrapupNotes=wrapup.notes)
        if leg.in_acw and not wrapup.provisional:
            self._end_acw(now_ms, conversation, leg)
        return self._settle(now_ms)

    def skip_wrap_up(self, now_ms: int, conversation_id: str, participant_id: str) -> list[Effect]:
        """End after-call work without a wrap-up; nothing to do where it is over."""
        conversation, leg = self._wrappable(conversation_id, participant_id)
        if not leg.in_acw:
            return []
        leg.wrapup_skipped = True
        self._touch(conversation, leg)
        self._end_acw(now_ms, conversation, leg)
        return self._settle(now_ms)

    def set_attributes(
        self, now_ms: int, conversation_id: str, participant_id: str, attributes: Mapping[str, str]
    ) -> list[Effect]:
        """Add to a participant's attributes; those not named stay."""
        participant = self.participant(conversation_id, participant_id)
        participant.attributes.update(attributes)
        conversation = self.conversation(conversation_id)
        self._touched[conversation.id] = None
        self._detail(now_ms, conversation, participant, "attributes", attributes=dict(participant.attributes))
        return self._settle(now_ms)

    def expire(self, now_ms: int) -> list[Effect]:
        """Do what is due: unanswered alerts, after-call work that took too long, ordered joins."""
        due = sorted((at, number, timer) for number, (timer, at) in enumerate(self._timers.items()) if at <= now_ms)
        for _, _, timer in due:
            if self._timers.pop(timer, None) is not None:
                self._ring(now_ms, timer)
        return self._settle(now_ms)

    def _ring(self, now_ms: int, timer: Timer) -> None:
        if isinstance(timer, Join):
            members = self.queues[timer.queue_id].members
            if members[timer.user_id] != timer.joined:
                members[timer.user_id] = timer.joined
                self._membership_changed(now_ms, timer.queue_id, timer.user_id)
            return
        conversation, leg = self._leg(timer.conversation_id, timer.participant_id)
        if isinstance(timer, AlertTimeout):
            self._miss(now_ms, conversation, leg, "timeout")
            return
        if leg.wrapup is None or not leg.wrapup.code:
            notes = leg.wrapup.notes if leg.wrapup is not None else ""
            taken = (now_ms - (leg.acw_start_ms or now_ms)) // 1000
            leg.wrapup = Wrapup(TIMEOUT_CODE, TIMEOUT_CODE, notes, (), taken, now_ms)
        leg.wrapup = replace(leg.wrapup, provisional=False)
        self._touch(conversation, leg)
        self._out.append(WrappedUp(conversation.id, leg.id, "timeout"))
        self._end_acw(now_ms, conversation, leg)

    def _leg(self, conversation_id: str, participant_id: str) -> tuple[Conversation, Participant]:
        leg = self.participant(conversation_id, participant_id)
        if leg.purpose is not Purpose.AGENT:
            raise ApiError(400, "bad.request", f"Participant {participant_id} is not an agent.")
        return self.conversation(conversation_id), leg

    def _connected(self, conversation_id: str, participant_id: str, wish: str) -> tuple[Conversation, Participant]:
        conversation, leg = self._leg(conversation_id, participant_id)
        if leg.state is not CallState.CONNECTED:
            raise _conflict(wish, leg)
        return conversation, leg

    def _wrappable(self, conversation_id: str, participant_id: str) -> tuple[Conversation, Participant]:
        conversation, leg = self._leg(conversation_id, participant_id)
        if not leg.wrapup_required:
            raise _conflict("wrapped up", leg)
        return conversation, leg


def _conflict(wish: str, leg: Participant) -> ApiError:
    return ApiError(409, "conflict", f"Participant {leg.id} is {leg.state.value} and cannot be {wish}.")
