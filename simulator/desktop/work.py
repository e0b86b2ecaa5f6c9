"""Conversations, offers and after-call work.

An offer is taken only while connected; without a connection the desktop looks for offers by REST so that it can decline
them. What the agent writes after a call is kept on disk until the server has it; the server's newer wrap-up always wins
over ours, except the one that the server makes up itself when the time is over.
"""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from simulator.desktop.events import EndCall, HoldCall, Replied, WriteWrapup
from simulator.desktop.facts import Call, call_in, written
from simulator.desktop.rest import WITHDRAWN, Change
from simulator.desktop.standing import Standing

CONVERSATIONS = "/api/v2/conversations"
TIMEOUT_CODE = "ININ-WRAP-UP-TIMEOUT"
ENDED_KEPT = 20


@dataclass(frozen=True)
class Draft:
    """After-call work: what the agent wrote, and how long there is (epoch seconds). `sent`: the server has it."""

    conversation: str
    participant: str
    version: int
    started_wall: float
    deadline_wall: float | None
    notes: str = ""
    code: str | None = None
    state: str = "draft"
    sent: bool = False


class Work(Standing):
    """The calls in hand and what was written about them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.calls: dict[str, Call] = {}
        kept = [Draft(**value) for name, value in self.kept.items() if name.startswith("draft:")]
        self.drafts: dict[str, Draft] = {draft.conversation: draft for draft in kept}
        self.sending: set[str] = set()
        self.declined: set[str] = set()
        self.refused = 0
        self.codes: dict[str, str] = dict(self.kept.get("codes") or {})
        self.reading_codes = False

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
        known = {call.id for call in self.calls.values() if call.state != "ended"} | set(self.drafts)
        self.reread_rest(sorted(known - listed))

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
        """Read the conversations, if that is possible."""
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
        self.drop_draft(conversation)

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
            self.set_alarm(name, self.timings.auto_answer_s, lambda: self.decide(call.id))

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
        self.read_codes()
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

    # After-call work

    def after_call(self, call: Call) -> None:
        """The call is over: write about it, or learn that this is over too."""
        draft = self.drafts.get(call.id)
        if call.state == "wrapup" and draft is None:
            draft = Draft(call.id, call.participant, call.version, call.started_wall or self.now, call.deadline_wall)
            self.show_draft(draft)
        if draft is None:
            return
        if self.server_has_newer(call, draft):
            self.server_wins(call, draft)
        elif call.state == "wrapup":
            self.watch_deadline(draft)
        elif draft.state == "draft" and not (draft.notes or draft.code):
            self.drop_draft(call.id)
        self.send_wrapups()

    def server_has_newer(self, call: Call, draft: Draft) -> bool:
        """Whether somebody's wrap-up is there that is not ours; the one made up by the server is nobody's."""
        if call.wrapup_code in (None, TIMEOUT_CODE):
            return False
        return call.version > draft.version

    def server_wins(self, call: Call, draft: Draft) -> None:
        """Show what the server holds; ours is not wanted any more."""
        shown = replace(draft, code=call.wrapup_code, notes=call.wrapup_notes or "", version=call.version, sent=True)
        if call.wrapup_final:
            self.close_draft(replace(shown, state="submitted"))
        else:
            self.show_draft(replace(shown, sent=False))

    def show_draft(self, draft: Draft) -> None:
        """What the agent sees, kept on disk."""
        changed = self.drafts.get(draft.conversation) != draft
        self.drafts[draft.conversation] = draft
        self.keep(f"draft:{draft.conversation}", asdict(draft))
        if changed:
            self.record_draft(draft)

    def record_draft(self, draft: Draft) -> None:
        """Evidence of what the agent sees."""
        self.record(
            "wrapup.shown",
            conversation=draft.conversation,
            notes=draft.notes,
            code=draft.code,
            deadline_wall=written(draft.deadline_wall),
            state=draft.state,
        )

    def close_draft(self, draft: Draft) -> None:
        """The server has it; shown until the next call, but not kept."""
        changed = self.drafts.get(draft.conversation) != draft
        self.drafts[draft.conversation] = draft
        self.keep(f"draft:{draft.conversation}", None)
        self.drop_alarm(f"deadline:{draft.conversation}", f"auto:{draft.conversation}")
        if changed:
            self.record_draft(draft)
        for old in [d.conversation for d in self.drafts.values() if d.sent][:-1]:
            del self.drafts[old]

    def drop_draft(self, conversation: str) -> None:
        """There is nothing to write any more."""
        if self.drafts.pop(conversation, None) is not None:
            self.keep(f"draft:{conversation}", None)
            self.drop_alarm(f"deadline:{conversation}", f"auto:{conversation}")

    def watch_deadline(self, draft: Draft) -> None:
        """The server ends after-call work by itself; what was written is sent a little earlier."""
        name = f"deadline:{draft.conversation}"
        if draft.state == "draft" and draft.deadline_wall is not None and name not in self.alarms:
            left = draft.deadline_wall - self.timings.wrapup_margin_s - self.now
            self.set_alarm(name, max(0.0, left), partial(self.time_is_over, draft.conversation))
        auto, name = self.timings.auto_wrapup_s, f"auto:{draft.conversation}"
        if draft.state == "draft" and auto is not None and name not in self.alarms:
            left = draft.started_wall + auto - self.now
            self.set_alarm(name, max(0.0, left), partial(self.submit_wrapup, draft.conversation))

    def time_is_over(self, conversation: str) -> None:
        """Send what was written, if anything."""
        draft = self.drafts.get(conversation)
        if draft is not None and draft.state == "draft" and (draft.notes or draft.code):
            self.submit_wrapup(conversation)

    def draft_in_hand(self) -> Draft | None:
        """The after-call work on the screen: the newest."""
        return max(self.drafts.values(), key=lambda draft: draft.started_wall, default=None)

    def write_wrapup(self, event: WriteWrapup) -> str | None:
        """The agent writes. Answers why not, if it is not possible."""
        draft = self.draft_in_hand()
        if draft is None:
            return "there is no after-call work"
        if draft.state != "draft":
            return "the wrap-up was submitted already"
        notes = draft.notes if event.notes is None else event.notes
        self.show_draft(replace(draft, notes=notes, code=self.code_id(event.code) if event.code else draft.code))
        if event.submit:
            self.submit_wrapup(draft.conversation)
        return None

    def submit_wrapup(self, conversation: str) -> None:
        """The agent is done; the server learns of it now, or after the reconnect."""
        draft = self.drafts.get(conversation)
        if draft is not None and draft.state == "draft":
            self.drop_alarm(f"deadline:{conversation}", f"auto:{conversation}")
            self.show_draft(replace(draft, state="submitted"))
            self.send_wrapups()

    def send_wrapups(self) -> None:
        """Send what is submitted and not at the server; only with fresh knowledge of the server."""
        unsent = self.unsent() if self.connected else []
        if unsent and not self.codes:
            self.read_codes()
            return
        for draft in unsent:
            self.send_wrapup(draft)

    def read_codes(self) -> None:
        """Learn which wrap-up codes there are: id to name."""
        if self.codes or self.reading_codes:
            return
        self.reading_codes = True
        self.read(f"/api/v2/routing/queues/{self.wishes.queue_id}/wrapupcodes", self.codes_read, pageSize="100")

    def codes_read(self, reply: Replied) -> None:
        """Keep them; without them nothing can be submitted, so it is tried again."""
        self.reading_codes = False
        try:
            self.codes = {str(code["id"]): str(code["name"]) for code in reply.body["entities"]} if reply.ok else {}
        except (KeyError, TypeError):
            self.codes = {}
        if self.codes:
            self.keep("codes", self.codes)
            self.send_wrapups()
        elif self.unsent():
            self.set_alarm("codes", (reply.retry_after_s or 0.0) + self.beat_backoff.delay_s(), self.read_codes)

    def code_id(self, code: str | None) -> str | None:
        """The id of a code given by id or name; without one, the first there is."""
        if code is None:
            return next(iter(self.codes), None)
        return next((id for id, name in self.codes.items() if name == code), code)

    def unsent(self) -> list[Draft]:
        """What is submitted, not at the server and not under way."""
        return [
            draft
            for draft in self.drafts.values()
            if draft.state == "submitted" and not draft.sent and draft.conversation not in self.sending
        ]

    def send_wrapup(self, draft: Draft) -> None:
        """One wrap-up, once."""
        self.sending.add(draft.conversation)
        body = {"wrapup": {"code": self.code_id(draft.code), "notes": draft.notes}}

        def still() -> bool:
            return self.drafts.get(draft.conversation) == draft

        path = f"{CONVERSATIONS}/calls/{draft.conversation}/participants/{draft.participant}"
        self.write(Change("PATCH", path, body, str(draft.version), still), partial(self.wrapup_answered, draft))

    def wrapup_answered(self, draft: Draft, reply: Replied) -> None:
        """It is there, or it was refused, or the server has to be asked."""
        self.sending.discard(draft.conversation)
        if reply.ok:
            self.close_draft(replace(draft, code=self.code_id(draft.code), sent=True))
        elif reply.status == WITHDRAWN:
            self.send_wrapups()
        elif self.outcome(reply) == "failed" and reply.status != 401:
            self.drop_draft(draft.conversation)
        else:
            self.acted(draft.conversation, reply)

    def caught_up(self) -> None:
        """Send what was submitted while there was no connection."""
        super().caught_up()
        self.send_wrapups()

    def cancel_attempts(self) -> None:
        """After a log-out nobody answers; what was written stays on disk."""
        super().cancel_attempts()
        self.sending.clear()
        self.reading_codes = False
        for name in [name for name in self.alarms if name.split(":")[0] in ("answer", "look", "deadline", "auto")]:
            self.drop_alarm(name)
        self.drop_alarm("codes")


def participant_path(call: Call) -> str:
    """Where the agent's part in a call is."""
    return f"{CONVERSATIONS}/calls/{call.id}/participants/{call.participant}"
