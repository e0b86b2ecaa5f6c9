"""What the probes of alerts share: the alerts that should be there by now, and those that came."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from harness.errors import CannotTell, NoEvidence
from harness.evidence import Entry, Evidence
from harness.observing.alerting import (
    STUCK,
    Acknowledged,
    Expected,
    Limits,
    Story,
    as_told,
    expected,
    stories,
    unfinished,
)
from harness.observing.measuring import Measuring, measuring
from harness.world import Tracker

# So far may clocks be apart, in real-world seconds: an alert, or its end, may come so much too early.
SLACK_S = 2.0


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
        """The alerts that should have come at least `grace_s` real-world seconds ago, and were not over before that.

        A stay that the tracker was told of late counts from then on, one that it was never told of not at all.
        """
        grace, now = self.look.nanoseconds(grace_s), time.monotonic_ns()
        acknowledged, found = Acknowledged(evidence), []
        for story in self.stories(evidence):
            for one in expected(story, self.limits, offset_ns()):
                known = max((_known(acknowledged, story, one) or now, one.since))
                if known + grace <= now and (one.until is None or one.until > known + grace):
                    found.append(one)
        return found

    def told(self, evidence: Evidence) -> list[Entry]:
        """Every alert that came. `CannotTell` for somebody else's tracker that never sent one about a conversation."""
        found = as_told(evidence.of("alert.received", source="receiver"))
        if not self.tracker.ours and not any(entry["conversation"] for entry in found):
            raise CannotTell(self.look.question, "the tracker", "it has sent no alert that names a conversation")
        return found

    def judged(self, evidence: Evidence) -> list[Entry]:
        """Those of them that name a conversation, and one that it can be said of what really happened to it."""
        unknown = unfinished(evidence)
        return [e for e in self.told(evidence) if e["conversation"] and e["conversation"] not in unknown]

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Somebody else's tracker `CannotTell` with nothing to measure in here: perhaps nothing exceeds its limits."""
        try:
            yield
        except NoEvidence as nothing:
            if self.tracker.ours:
                raise
            limits = f"its limits are {self.tracker.max_dwell_s:g} s and {self.tracker.max_bounces} bounces"
            raise CannotTell(self.look.question, "the tracker", f"{limits}; {nothing}") from None


def _known(acknowledged: Acknowledged, story: Story, alert: Expected) -> int | None:
    """When the tracker knew of the stay that the alert is about; None: not yet. Bounces count from their limit on."""
    if alert.alert != STUCK:
        return alert.since
    began = [acknowledged.began(story, stay, alert.since) for stay in story.stays if stay.queue == alert.queue]
    return None if any(moment is None for moment in began) else max(moment for moment in began if moment is not None)


def offset_ns() -> int:
    """What takes epoch nanoseconds to those of the monotonic clock."""
    return time.monotonic_ns() - time.time_ns()
