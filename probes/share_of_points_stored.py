"""Whether the time-series store gets a point for each stay in a queue."""

from collections.abc import Iterable
from typing import Any

import httpx
from chaoslib.types import Configuration

from harness.errors import CannotTell, NoEvidence, Unreachable
from harness.evidence import Evidence
from harness.observing.alerting import stories
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.trust import trust
from harness.world import Receiver

__all__ = ["share_of_points_stored"]

NAMES = ("conversation_id", "conversation", "conversationId")
DWELL = "dwell"
MILLISECONDS = ("_ms", "Ms", "millis", "milliseconds", "Millis", "Milliseconds")
LIMIT_S = 10.0


def share_of_points_stored(within_s: float = 0, dwell_slack_s: float = 1, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the stays in queues that are over, of which the time-series store has a point that is right.

    A point belongs to the conversation that a tag or field of it names, and says how long a stay was in the first
    field or tag whose name begins with `dwell`: seconds, or milliseconds where the name ends so. It is right if it is
    off by `dwell_slack_s` real-world seconds at most. Waits up to `within_s` real-world seconds for all. `CannotTell`
    for somebody else's tracker no point of which says both.
    """
    look = measuring(configuration, "share_of_points_stored")
    receiver = look.run.world.receiver
    if receiver is None:
        raise NoEvidence(look.question, "a world with a time-series store", "one without")

    slack_ms = look.run.scaled(dwell_slack_s) * 1000

    def stored() -> float:
        over, points = _over(look.evidence()), _points(receiver)
        found = sum(_right(dwells, points.get(conversation, ()), slack_ms) for conversation, dwells in over.items())
        return share(found, sum(map(len, over.values())), look.question, "stays in queues that are over")

    found = look.settled(stored, 1.0, within_s)
    tracker = look.run.world.tracker
    if not found and tracker is not None and not tracker.ours and not _points(receiver):
        why = "it has stored no point that names a conversation and says how long it stayed"
        raise CannotTell(look.question, "the tracker", why)
    return found


def _over(evidence: Evidence) -> dict[str, list[float]]:
    """How long (ms) each stay was that is over, by conversation."""
    return {
        story.conversation: [stay.left_ms - stay.entered_ms for stay in story.stays if stay.left_ms is not None]
        for story in stories(evidence)
    }


def _right(real: Iterable[float], told: Iterable[float], slack: float) -> int:
    """Of how many of `real` there is one of `told`, each for one, that is off by `slack` at most."""
    left, found = sorted(told), 0
    for dwell in sorted(real):
        place = next((n for n, one in enumerate(left) if abs(one - dwell) <= slack), None)
        if place is not None:
            del left[: place + 1]
            found += 1
    return found


def _points(receiver: Receiver) -> dict[str, list[float]]:
    """How long (ms) the stays were of which there are points, by conversation; the same point twice is one."""
    url = f"{receiver.url}/points"
    headers = {"Authorization": f"Bearer {receiver.token}"}
    try:
        answer = httpx.get(url, headers=headers, timeout=LIMIT_S, trust_env=False, verify=trust(url, None))
        points = answer.raise_for_status().json()["points"]
    except httpx.HTTPError as error:
        raise Unreachable("the receiver", url, f"{type(error).__name__} {error}") from None
    different = {
        (_conversation(point), str(sorted(point["tags"].items())), point["time_ms"]): _dwell_ms(point)
        for point in points
    }
    found: dict[str, list[float]] = {}
    for (conversation, _, _), dwell_ms in different.items():
        if conversation and dwell_ms is not None:
            found.setdefault(conversation, []).append(dwell_ms)
    return found


def _dwell_ms(point: dict[str, Any]) -> float | None:
    for name, value in (*point["fields"].items(), *point["tags"].items()):
        if name.lower().startswith(DWELL):
            try:
                return float(value) * (1 if name.endswith(MILLISECONDS) else 1000)
            except ValueError:
                continue
    return None


def _conversation(point: dict[str, Any]) -> str:
    return next((str(place[name]) for place in (point["tags"], point["fields"]) for name in NAMES if name in place), "")
