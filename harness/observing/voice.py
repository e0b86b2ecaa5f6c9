"""Pure questions to a run's evidence about the voice of calls: what each end measured, and who moved to a phone.

Both ends measure what they hear and write it down about every 5 s: `media.heard` of the desktops, `cloud.media` of the
cloud. What a desktop shows its agent is another matter.
"""

from collections.abc import Collection
from dataclasses import dataclass

from harness.evidence import Entry, Evidence
from harness.observing.history import last_before

ENDS = {"media.heard": "desktop", "cloud.media": "cloud"}
# So much lost, and nobody can be understood: far beyond what any codec hides.
BAD_LOSS_PERCENT = 20.0


@dataclass(frozen=True, order=True)
class Call:
    """One agent's part in a conversation."""

    agent: str
    conversation: str


@dataclass(frozen=True)
class Measured:
    """What one end (`desktop` or `cloud`) heard of a call in the seconds before `t`; 100 % is silence."""

    t: int
    call: Call
    end: str
    loss_percent: float


def calls_connected(evidence: Evidence, agents: Collection[str], at: int) -> set[Call]:
    """The calls that the validator saw connected at its newest look until `at`."""
    looks: dict[str, list[Entry]] = {}
    for entry in evidence.of("conversation.status", source="validator"):
        looks.setdefault(entry["conversation"], []).append(entry)
    newest = [last_before(found, at) for found in looks.values()]
    return {
        Call(str(agent["id"]), str(look["conversation"]))
        for look in newest
        if look is not None
        for agent in look["agents"]
        if agent["state"] == "connected" and agent["id"] in agents
    }


def measurements(evidence: Evidence, since: int = 0) -> list[Measured]:
    """All that either end measured from `since` on, in order of time."""
    return [
        Measured(entry.t, _call(entry), ENDS[entry.kind], float(entry["loss_percent"]))
        for entry in evidence.of(*ENDS)
        if entry.t >= since
    ]


def newest_loss(evidence: Evidence, call: Call, since: int) -> float | None:
    """The loss at the end that hears worse, by the newest word of each from `since` on; None if one says nothing."""
    newest = {found.end: found.loss_percent for found in measurements(evidence, since) if found.call == call}
    return max(newest.values()) if len(newest) == len(ENDS) else None


def numbers_given(evidence: Evidence) -> dict[Call, tuple[int, str]]:
    """For each call that the cloud moved to a phone: when, and the number."""
    return {_call(entry): (entry.t, str(entry["number"])) for entry in evidence.of("cloud.fallback")}


def numbers_shown(evidence: Evidence) -> dict[Call, tuple[int, str]]:
    """For each call whose agent was shown a number to dial: when, and the number."""
    return {_call(entry): (entry.t, str(entry["number"])) for entry in evidence.of("media.fallback")}


def _call(entry: Entry) -> Call:
    return Call(str(entry.agent), str(entry["conversation"]))
