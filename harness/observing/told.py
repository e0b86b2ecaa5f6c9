"""What a tracker said, and what was delivered to it, as records for the history checker.

A watched answer is in the evidence as `tracker.read {conversation, asked, found, version, steps, stays, bounces,
current, tells_current, open}`, `asked` and the entry's own time being CLOCK_MONOTONIC in nanoseconds.
"""

import time
from collections.abc import Iterable
from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.checker import Answered, Outcome, Read, Record, Sent, Stay, Step
from harness.observing.tracker import TrackerClient, TrackerView, Visit

OUTCOMES = {"delivery.ok": Outcome.OK, "delivery.failed": Outcome.FAILED, "delivery.unknown": Outcome.UNKNOWN}


def ask(client: TrackerClient, conversation: str, final: bool = False) -> Read:
    """Ask the tracker about one conversation, now; `CannotTell` of one that does not tell of transitions."""
    asked = time.monotonic_ns()
    return read_of(conversation, client.view(conversation), asked, time.monotonic_ns(), final)


def read_of(conversation: str, view: TrackerView | None, asked: int, t: int, final: bool = False) -> Read:
    """One answer; None is "not found". `CannotTell` if it does not tell of transitions: nothing follows from it."""
    if view is None:
        return Read(t, asked, conversation, found=False, final=final)
    return Read(
        t,
        asked,
        conversation,
        found=True,
        version=view.version,
        steps=tuple(Step(one.at_ms, one.type == "enter", one.queue) for one in view.told("transitions")),
        stays=tuple(map(_stay, view.told("visits"))),
        bounces=view.bounces,
        current=view.queue,
        tells_current=view.tells_queue and view.open is not None,
        open=view.open,
        final=final,
    )


def _stay(one: Visit) -> Stay:
    return Stay(one.queue, one.entered_ms, one.left_ms, None if one.dwell_ms is None else one.dwell_ms / 1000)


def as_fields(read: Read) -> dict[str, Any]:
    """What the evidence keeps of an answer."""
    return {
        "conversation": read.conversation,
        "asked": read.asked,
        "found": read.found,
        "version": read.version,
        "steps": None if read.steps is None else [list(step) for step in read.steps],
        "stays": None if read.stays is None else [list(stay) for stay in read.stays],
        "bounces": read.bounces,
        "current": read.current,
        "tells_current": read.tells_current,
        "open": read.open,
    }


def records(evidence: Evidence, final: Iterable[Read] = ()) -> list[Record]:
    """The history of the deliveries that were made up, and of all that the tracker said of them; last the `final`."""
    found: list[Record] = []
    made_up = {str(entry["conversation"]) for entry in evidence.of("delivery.invoked")}
    for entry in evidence.of("delivery.invoked", "tracker.read", *OUTCOMES):
        if entry.kind == "delivery.invoked":
            steps = tuple(Step(*step) for step in entry["steps"])
            found.append(Sent(entry.t, str(entry["delivery"]), str(entry["conversation"]), steps))
        elif entry.kind == "tracker.read":
            if entry["conversation"] in made_up:
                found.append(_read(entry))
        else:
            found.append(Answered(entry.t, str(entry["delivery"]), OUTCOMES[entry.kind]))
    return [*found, *final]


def answers(evidence: Evidence) -> list[Read]:
    """All that was watched, of whatever conversation."""
    return [_read(entry) for entry in evidence.of("tracker.read")]


def acknowledged(evidence: Evidence) -> dict[str, int]:
    """For each conversation that was made up, how many of its deliveries the tracker has taken."""
    taken: dict[str, set[str]] = {}
    for entry in evidence.of("delivery.ok"):
        taken.setdefault(str(entry["conversation"]), set()).add(str(entry["delivery"]))
    return {conversation: len(ids) for conversation, ids in taken.items()}


def _read(entry: Entry) -> Read:
    steps, stays = entry["steps"], entry["stays"]
    return Read(
        entry.t,
        int(entry["asked"]),
        str(entry["conversation"]),
        bool(entry["found"]),
        entry["version"],
        None if steps is None else tuple(Step(*step) for step in steps),
        None if stays is None else tuple(Stay(*stay) for stay in stays),
        entry["bounces"],
        entry["current"],
        bool(entry["tells_current"]),
        entry["open"],
    )
