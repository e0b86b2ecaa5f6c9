"""After-call work: what the agent writes when a call is over.

It is kept on disk until the server has it. The server's newer wrap-up always wins over ours, except the one that the
server makes up itself when the time is over. What was submitted without a connection is sent after the reconnect, once.
"""

from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from simulator.desktop.events import Replied, WriteWrapup
from simulator.desktop.facts import Call, written
from simulator.desktop.rest import WITHDRAWN, Change
from simulator.desktop.work import CONVERSATIONS, Work

TIMEOUT_CODE = "ININ-WRAP-UP-TIMEOUT"


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

    def shown(self) -> dict[str, Any]:
        """What of it is on the screen."""
        return {
            "conversation": self.conversation,
            "notes": self.notes,
            "code": self.code,
            "deadline_wall": written(self.deadline_wall),
            "state": self.state,
        }


class WrapUp(Work):
    """The drafts, by conversation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kept = [Draft(**value) for name, value in self.kept.items() if name.startswith("draft:")]
        self.drafts: dict[str, Draft] = {draft.conversation: draft for draft in kept}
        self.sending: set[str] = set()
        self.codes: dict[str, str] = dict(self.kept.get("codes") or {})
        self.reading_codes = False

    # The draft and the server

    def after_call(self, call: Call) -> None:
        """The call is over: write about it, or learn that this is over too."""
        draft = self.drafts.get(call.id)
        if call.state == "wrapup" and draft is None:
            draft = Draft(call.id, call.participant, call.version, call.started_wall or self.now, call.deadline_wall)
            self.show_draft(draft)
        if draft is None:
            return
        if draft.sent:
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
        self.put_on_screen(draft)
        self.keep(f"draft:{draft.conversation}", asdict(draft))

    def put_on_screen(self, draft: Draft) -> None:
        """Evidence of what the agent sees, if that changes."""
        known = self.drafts.get(draft.conversation)
        self.drafts[draft.conversation] = draft
        if known is None or known.shown() != draft.shown():
            self.record("wrapup.shown", **draft.shown())

    def close_draft(self, draft: Draft) -> None:
        """The server has it; shown until the next call, but not kept."""
        self.put_on_screen(draft)
        self.keep(f"draft:{draft.conversation}", None)
        self.drop_alarm(f"deadline:{draft.conversation}", f"auto:{draft.conversation}")
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
        self.drop_alarm("codes")
        self.drop_alarms_of("deadline", "auto")

    def unfinished(self) -> set[str]:
        """Those, and the ones with something to send."""
        return super().unfinished() | {draft.conversation for draft in self.drafts.values() if not draft.sent}

    def forget_call(self, conversation: str) -> None:
        """There is nothing to write about it any more."""
        super().forget_call(conversation)
        self.drop_draft(conversation)

    def accept(self, call: Call) -> None:
        """Know the codes before they are needed."""
        self.read_codes()
        super().accept(call)
