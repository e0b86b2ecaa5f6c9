"""Whether what an agent had written after a call, and the time left for it, survived."""

from dataclasses import dataclass
from datetime import datetime

from chaoslib.types import Configuration

from harness.evidence import Entry, Evidence
from harness.observing.api import Api
from harness.observing.figures import share
from harness.observing.history import first_fault
from harness.observing.measuring import Desktop, measuring
from harness.observing.observer import conversation
from harness.observing.status import Part

__all__ = ["share_of_wrapups_kept"]


def share_of_wrapups_kept(
    notes: str = "", tolerance_s: float = 1.0, within_s: float = 0, configuration: Configuration = None
) -> float:
    """Share (0 to 1) of the wrap-ups begun before the first fault whose notes, code and timer are unchanged.

    A wrap-up that is not sent yet must stand in the desktop as it was (its notes as `notes`, if given), and its
    deadline must be the same within `tolerance_s` real-world seconds in desktop and server. One that was sent must have
    arrived at the server with those notes and that code. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "share_of_wrapups_kept")
    tolerance = look.run.scaled(tolerance_s)
    with Api(look.run.world) as api:

        def kept() -> float:
            evidence = look.evidence()
            begun = _begun(evidence, first_fault(evidence, look.question), set(look.agents))
            desktops = look.desktops()
            good = [
                agent
                for agent, shown in begun.items()
                if _is_kept(_draft(shown, notes), desktops.get(agent), _part(api, agent, shown), tolerance)
            ]
            return share(len(good), len(begun), look.question, "wrap-ups begun before the fault")

        return look.settled(kept, 1.0, within_s)


@dataclass(frozen=True)
class _Draft:
    """A wrap-up as it was before the fault; `deadline` in epoch seconds. An empty code was not chosen yet."""

    conversation: str
    notes: str
    code: str
    deadline: float | None

    def has_text(self, notes: object, code: object) -> bool:
        return str(notes or "") == self.notes and self.code in ("", str(code or ""))


def _draft(shown: Entry, notes: str) -> _Draft:
    deadline = _epoch_s(shown.get("deadline_wall"))
    return _Draft(shown["conversation"], notes or shown["notes"] or "", shown["code"] or "", deadline)


def _begun(evidence: Evidence, start: int, agents: set[str]) -> dict[str, Entry]:
    newest = {e.agent: e for e in evidence.of("wrapup.shown", source="crowd") if e.t < start and e.agent in agents}
    return {agent: entry for agent, entry in newest.items() if agent and entry["state"] == "draft"}


def _part(api: Api, agent: str, draft: Entry) -> Part | None:
    parts = conversation(api, str(draft["conversation"])).parts
    return next((part for part in parts if part.agent == agent), None)


def _is_kept(draft: _Draft, desktop: Desktop | None, part: Part | None, tolerance_s: float) -> bool:
    sent = part.wrapup if part and part.wrapup and not part.wrapup["provisional"] else None
    if sent is not None:
        return draft.has_text(sent["notes"], sent["code"])
    row = desktop.row.get("wrapup") if desktop else None
    if not row or part is None or row["conversation"] != draft.conversation:
        return False
    server = None if part.acw_deadline_ms is None else part.acw_deadline_ms / 1000
    deadlines = (_epoch_s(row.get("deadline_wall")), server)
    same_time = all(_close(deadline, draft.deadline, tolerance_s) for deadline in deadlines)
    return draft.has_text(row["notes"], row["code"]) and same_time


def _close(one: float | None, other: float | None, tolerance_s: float) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= tolerance_s


def _epoch_s(wall: object) -> float | None:
    """A wall-clock time, as epoch seconds or as ISO 8601 text, in epoch seconds."""
    if wall is None or isinstance(wall, int | float):
        return wall
    return datetime.fromisoformat(str(wall)).timestamp()
