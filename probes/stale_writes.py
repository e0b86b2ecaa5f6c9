"""Whether a desktop wrote over something newer that it had never seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.history import first_fault
from harness.observing.measuring import measuring
from harness.observing.traffic import requests, sent_at

__all__ = ["stale_writes"]

# When after-call work runs out of time the server puts this in; an agent's own words may replace it.
MADE_UP_BY_SERVER = "ININ-WRAP-UP-TIMEOUT"


def stale_writes(grace_s: float = 2.0, configuration: Configuration = None) -> int:
    """Number of presences and wrap-ups that a desktop overwrote since the first fault without having shown them.

    The server's values are those of the validator's looks, without what the desktop itself had written. A value younger
    than `grace_s` real-world seconds may still be on its way and does not count. If nobody else changed anything at the
    server since the fault there is nothing to measure.
    """
    look = measuring(configuration, "stale_writes")
    evidence = look.evidence()
    start = first_fault(evidence, look.question)
    grace = look.nanoseconds(grace_s)
    changes, stale = 0, 0
    for agent in look.agents:
        writes = [call for call in requests(evidence, [agent]) if call.agent == agent and call["method"] != "GET"]
        values = [
            value
            for value in (*_presences(evidence, agent), *_wrapups(evidence, agent))
            if not any(_may_have_made(write, value, grace) for write in writes)
        ]
        shown = _shown(evidence, agent)
        changes += sum(value.t >= start for value in values)
        done = [write for write in writes if write.t >= start and 200 <= int(write["status"]) < 300]
        stale += sum(_is_blind(write, values, shown, grace) for write in done)
    if not changes:
        raise NoEvidence(look.question, "changes at the server since the fault that no desktop made", "none")
    return stale


@dataclass(frozen=True)
class _Value:
    """What was at the server, or on a screen, from `t` on. `resource` is part of the path of who writes it."""

    t: int
    resource: str
    content: str


def _is_blind(write: Entry, values: list[_Value], shown: list[_Value], grace: int) -> bool:
    """Whether `write` hit a value that had been there for longer than `grace` and was not on the screen."""
    sent = sent_at(write)
    there = [value for value in values if value.t <= sent - grace and value.resource in str(write["path"])]
    seen = {(value.resource, value.content) for value in shown if value.t <= sent}
    return bool(there) and (there[-1].resource, there[-1].content) not in seen


def _may_have_made(write: Entry, value: _Value, slack: int) -> bool:
    return value.resource in str(write["path"]) and sent_at(write) <= value.t <= write.t + slack


def _presences(evidence: Evidence, agent: str) -> list[_Value]:
    looks = [entry for entry in evidence.of("agent.status", source="validator") if entry.agent == agent]
    return _changes(_Value(entry.t, _presence_path(agent), str(entry["modified"])) for entry in looks)


def _wrapups(evidence: Evidence, agent: str) -> list[_Value]:
    return _changes(
        _Value(entry.t, str(entry["conversation"]), _text(part["wrapup"]))
        for entry in evidence.of("conversation.status", source="validator")
        for part in entry["agents"]
        if part["id"] == agent and part["wrapup"] and part["wrapup"]["code"] != MADE_UP_BY_SERVER
    )


def _shown(evidence: Evidence, agent: str) -> list[_Value]:
    screen = [entry for entry in evidence.of("presence.shown", "wrapup.shown", source="crowd") if entry.agent == agent]
    return [
        _Value(entry.t, _presence_path(agent), str(entry["version"]))
        if entry.kind == "presence.shown"
        else _Value(entry.t, str(entry["conversation"]), _text(entry.fields))
        for entry in screen
    ]


def _changes(values: Iterable[_Value]) -> list[_Value]:
    """The values that differ from the one before them in the same resource."""
    found: list[_Value] = []
    newest: dict[str, str] = {}
    for value in values:
        if newest.get(value.resource) != value.content:
            newest[value.resource] = value.content
            found.append(value)
    return found


def _presence_path(agent: str) -> str:
    return f"/users/{agent}/presences"


def _text(wrapup: Mapping[str, Any]) -> str:
    return f"{wrapup['code'] or ''}: {wrapup['notes'] or ''}"
