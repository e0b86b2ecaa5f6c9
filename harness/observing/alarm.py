"""What the probes of alerts share: the alerts that should be there by now, and those that came."""

import time
from collections.abc import Mapping
from typing import Any

from harness.errors import CannotTell, NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.alerting import Expected, Limits, Story, expected, stories
from harness.observing.measuring import Measuring, measuring
from harness.world import Tracker


class Alarms:
    """One probe's look at the alerts of a run. Raises `NoEvidence` in a world without a tracker."""

    def __init__(self, configuration: Mapping[str, Any] | None, question: str) -> None:
        self.look: Measuring = measuring(configuration, question)
        if self.look.run.world.tracker is None:
            raise NoEvidence(question, "a world with a tracker", "one without")
        self.tracker: Tracker = self.look.run.world.tracker

    @property
    def limits(self) -> Limits:
        """The limits that the tracker is set to, in its own time."""
        return Limits(self.look.run.scaled(self.tracker.max_dwell_s) * 1000, self.tracker.max_bounces)

    def stories(self, evidence: Evidence) -> list[Story]:
        """What really happened to each conversation."""
        return stories(evidence)

    def due(self, evidence: Evidence, grace_s: float) -> list[Expected]:
        """The alerts that should have come at least `grace_s` real-world seconds ago, and were not over before that."""
        grace, now = self.look.nanoseconds(grace_s), time.monotonic_ns()
        found = [one for story in self.stories(evidence) for one in expected(story, self.limits, offset_ns())]
        return [
            one for one in found if one.since + grace <= now and (one.until is None or one.until > one.since + grace)
        ]

    def told(self, evidence: Evidence) -> list[Entry]:
        """Every alert that came. `CannotTell` for somebody else's tracker that never sent one about a conversation."""
        found = evidence.of("alert.received", source="receiver")
        if not self.tracker.ours and not any(entry["conversation"] for entry in found):
            raise CannotTell(self.look.question, "the tracker", "it has sent no alert that names a conversation")
        return found


def offset_ns() -> int:
    """What takes epoch nanoseconds to those of the monotonic clock."""
    return time.monotonic_ns() - time.time_ns()
