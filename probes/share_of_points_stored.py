"""Whether the time-series store gets a point for each stay in a queue."""

from typing import Any

import httpx
from chaoslib.types import Configuration

from harness.errors import NoEvidence, Unreachable
from harness.evidence import Evidence
from harness.observing.alerting import stories
from harness.observing.figures import share
from harness.observing.measuring import measuring
from harness.trust import trust
from harness.world import Receiver

__all__ = ["share_of_points_stored"]

NAMES = ("conversation_id", "conversation", "conversationId")
LIMIT_S = 10.0


def share_of_points_stored(within_s: float = 0, configuration: Configuration = None) -> float:
    """Share (0 to 1) of the stays in queues that are over, of which the time-series store has a point.

    Counted for each conversation, by the tag or field of a point that names it. Waits up to `within_s` real-world
    seconds for all.
    """
    look = measuring(configuration, "share_of_points_stored")
    receiver = look.run.world.receiver
    if receiver is None:
        raise NoEvidence(look.question, "a world with a time-series store", "one without")

    def stored() -> float:
        over, points = _over(look.evidence()), _points(receiver)
        found = sum(min(number, points.get(conversation, 0)) for conversation, number in over.items())
        return share(found, sum(over.values()), look.question, "stays in queues that are over")

    return look.settled(stored, 1.0, within_s)


def _over(evidence: Evidence) -> dict[str, int]:
    return {story.conversation: sum(stay.left_ms is not None for stay in story.stays) for story in stories(evidence)}


def _points(receiver: Receiver) -> dict[str, int]:
    """How many different points there are of each conversation."""
    url = f"{receiver.url}/points"
    headers = {"Authorization": f"Bearer {receiver.token}"}
    try:
        answer = httpx.get(url, headers=headers, timeout=LIMIT_S, trust_env=False, verify=trust(url, None))
        points = answer.raise_for_status().json()["points"]
    except httpx.HTTPError as error:
        raise Unreachable("the receiver", url, f"{type(error).__name__} {error}") from None
    different = {(_conversation(point), str(sorted(point["tags"].items())), point["time_ms"]) for point in points}
    found: dict[str, int] = {}
    for conversation, _, _ in different:
        found[conversation] = found.get(conversation, 0) + 1
    return found


def _conversation(point: dict[str, Any]) -> str:
    return next((str(place[name]) for place in (point["tags"], point["fields"]) for name in NAMES if name in place), "")
