"""Conversations and offers.

An offer is taken only while connected; without a connection the desktop looks for offers by REST so that it can decline
them.
"""

from functools import partial
from typing import Any

from simulator.desktop.events import EndCall, HoldCall, Replied
from simulator.desktop.facts import Call, call_in
from simulator.desktop.rest import WITHDRAWN, Change
from simulator.desktop.standing import Standing

CONVERSATIONS = "/api/v2/conversations"
ENDED_KEPT = 20


class Work(Standing):
    """The calls in hand, and those that are offered."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: dict[str, Call] = {}
        self.declined: set[str] = set()
        self.refused = 0

    # Reading

    def reread_work(self) -> None:
        """Read the agent's conversations, then each that we knew and that is not among them."""
        self.read(CONVERSATIONS, self.for_this_attempt(self.reread_conversations))

    def reread_conversations(self, reply: Replied) -> None:
        """Take over what the server says of them."""
        found = self.calls_in(reply)
        if found is None:
            self.step_again(self.reread, reply.retry_after_s)
            return
        for call in found:
            self.adopt_call(call)
        listed = {call.id for call in found}
        self.reread_rest(sorted(self.unfinished() - listed))

    def reread_rest(self, left: list[str]) -> None:
        """One by one, then done."""
        if not left:
            self.caught_up()
            return
        path, rest = f"{CONVERSATIONS}/{left[0]}", left[1:]

        def answered(reply: Replied) -> None:
            if self.take_call(left[0], reply):
                self.reread_rest(rest)
            else:
                self.step_again(self.reread, reply.retry_after_s)

        self.read(path, self.for_this_attempt(answered))

    def read_call(self, conversation: str) -> None:
        """Read one conversation; a failed read is made up for by the next event or reconnect."""

        def answered(reply: Replied) -> None:
            self.take_call(conversation, reply)

        self.read(f"{CONVERSATIONS}/{conversation}", answered)

    def take_call(self, conversation: str, reply: Replied) -> bool:
        """Take over one conversation as read; False if the answer says nothing."""
        found = call_in(reply.body, self.agent) if reply.ok else None
        if found is not None:
            self.adopt_call(found)
        elif reply.status == 404:
            self.forget_call(conversation)
        return found is not None or reply.status == 404

    def calls_in(self, reply: Replied) -> list[Call] | None:
        """The agent's calls in a listing; None if the answer is no listing."""
        if not reply.ok or not isinstance(reply.body, dict) or not isinstance(reply.body.get("entities"), list):
            return None
        found = (call_in(entity, self.agent) for entity in reply.body["entities"])
        return [call for call in found if call is not None]

    def hear_work(self, topic: str, body: Any) -> None:
        """An event about a conversation."""
        found = call_in(body, self.agent) if topic.endswith(".conversations") else None
        if found is not None:
            self.adopt_call(found)

    def beat(self) -> None:
        """Without a socket, offers are looked for by REST."""
        super().beat()
        if not self.connected:
            self.look_for_offers()

    def look_for_offers(self) -> None:
        """Read the conversations, unless that is being done."""
        if not self.reads(CONVERSATIONS):
            self.read(CONVERSATIONS, self.offers_seen)

    def offers_seen(self, reply: Replied) -> None:
        """Take over what was read."""
        for call in self.calls_in(reply) or ():
            self.adopt_call(call)

    # Reconciling

    def adopt_call(self, found: Call) -> None:
        """Show a call as the server has it, unless we know a newer version."""
        known = self.calls.get(found.id)
        if known is not None and found.version < known.version:
            return
        self.calls[found.id] = found
        if known != found:
            self.record("conversation.shown", conversation=found.id, state=found.state, version=found.version)
            self.forget_oldest()
        offered_before = known is not None and known.participant == found.participant
        if found.state == "alerting" and not (offered_before and found.participant in self.declined):
            self.offered(found, again=offered_before)
        elif found.state in ("wrapup", "ended"):
            self.after_call(found)

    def forget_oldest(self) -> None:
        """Ended calls are kept for a while, so that late news of them is known as such."""
        ended = [call.id for call in self.calls.values() if call.state == "ended"]
        for conversation in ended[:-ENDED_KEPT]:
            del self.calls[conversation]

    def forget_call(self, conversation: str) -> None:
        """The server does not know it."""
        call = self.calls.pop(conversation, None)
        if call is not None and call.state != "ended":
            self.record("conversation.shown", conversation=conversation, state="ended", version=call.version)

    # Offers

    def may_take_work(self) -> bool:
        """Only with a connection that hears everything."""
        return self.connected

    def offered(self, call: Call, again: bool) -> None:
        """A call alerts; the agent answers after a moment."""
        name = f"answer:{call.id}"
        if not again:
            self.record("offer.received", conversation=call.id, connected=self.connected)
        if not again or name not in self.alarms:
            # Found without a socket there is little time left, and nobody who could look at the screen.
            wait = self.timings.auto_answer_s if self.socket is not None else 0.0
            self.set_alarm(name, wait, lambda: self.decide(call.id))

    def decide(self, conversation: str) -> None:
        """Take the call or decline it, if it still alerts."""
        call = self.calls.get(conversation)
        if call is None or call.state != "alerting" or call.participant in self.declined:
            return
        if self.may_take_work():
            self.accept(call)
        else:
            self.decline(call)

    def alerting(self, participant: str, conversation: str) -> bool:
        """Whether that offer still stands."""
        call = self.calls.get(conversation)
        return call is not None and call.state == "alerting" and call.participant == participant

    def accept(self, call: Call) -> None:
        """Answer the call."""
        self.record("offer.accepted", conversation=call.id, connected=self.connected)

        def still() -> bool:
            return self.alerting(call.participant, call.id) and self.may_take_work()

        change = Change("PATCH", participant_path(call), {"state": "connected"}, str(call.version), still)
        self.write(change, partial(self.acted, call.id))

    def decline(self, call: Call) -> None:
        """Let somebody else have it."""
        self.declined.add(call.participant)
        self.refused += 1
        self.record("offer.declined", conversation=call.id, connected=self.connected)

        def answered(reply: Replied) -> None:
            if not reply.ok:
                self.declined.discard(call.participant)
            self.acted(call.id, reply)

        still = partial(self.alerting, call.participant, call.id)
        body = {"state": "disconnected"}
        self.write(Change("PATCH", participant_path(call), body, str(call.version), still), answered)

    def acted(self, conversation: str, reply: Replied) -> None:
        """What we did to a call was done, or has to be looked at."""
        if not reply.ok and reply.status != WITHDRAWN and self.connected:
            wait = (reply.retry_after_s or 0.0) + self.beat_backoff.delay_s()
            self.set_alarm(f"look:{conversation}", wait, partial(self.read_call, conversation))

    def call_in_hand(self) -> Call | None:
        """The connected call."""
        return next((call for call in self.calls.values() if call.state == "connected"), None)

    def act_on_call(self, event: HoldCall | EndCall) -> str | None:
        """The agent holds or ends the call. Answers why not, if it is not possible."""
        call = self.call_in_hand()
        if call is None:
            return "there is no connected call"
        body = {"held": event.held} if isinstance(event, HoldCall) else {"state": "disconnected"}
        self.write(Change("PATCH", participant_path(call), body, str(call.version)), partial(self.acted, call.id))
        return None

    def after_call(self, call: Call) -> None:
        """The call is over; a matter of the layer above."""
        raise NotImplementedError

    def unfinished(self) -> set[str]:
        """The conversations that the desktop has something to do about."""
        return {call.id for call in self.calls.values() if call.state != "ended"}

    def cancel_attempts(self) -> None:
        """After a log-out nobody answers."""
        super().cancel_attempts()
        self.drop_alarms_of("answer", "look")

    def drop_alarms_of(self, *kinds: str) -> None:
        """Take back the alarms of these kinds for all calls."""
        for name in [name for name in self.alarms if name.partition(":")[0] in kinds]:
            self.drop_alarm(name)


def participant_path(call: Call) -> str:
    """Where the agent's part in a call is."""
    return f"{CONVERSATIONS}/calls/{call.id}/participants/{call.participant}"
