"""Whether the tracker says rightly what is open, stuck and anomalous."""

import time

from chaoslib.types import Configuration

from harness.errors import CannotTell
from harness.observing.alarm import Alarms
from harness.observing.alerting import Limits
from harness.observing.figures import share
from harness.observing.tracker import TrackerClient, TrackerRefused
from harness.observing.truth import Truth, truths

__all__ = ["share_of_conditions_true"]

STATES = ("open", "stuck", "anomalous")
EITHER = (True, False)


def share_of_conditions_true(
    grace_s: float = 5, at_least: int = 1, within_s: float = 0, configuration: Configuration = None
) -> float:
    """Share (0 to 1) of the cloud's conversations that the tracker rightly says and lists, or rightly does not, as
    open, stuck and anomalous, by the cloud's own state.

    Stuck is who has waited for too long and still waits; in the first `grace_s` real-world seconds of that either will
    do. Anomalous is who came back to one queue too often, be the call over or not; somebody else's tracker may also
    mean too often to all queues, or too long. Listed must be who waits in a queue, and nobody may be listed as what he
    is not. If an answer is an error nothing is true; what the tracker does not tell it cannot. There must be `at_least`
    so many conversations that were in a queue. Waits up to `within_s` real-world seconds for all.
    """
    alarms = Alarms(configuration, "share_of_conditions_true")
    look, limits, exactly = alarms.look, alarms.limits, alarms.tracker.ours
    grace_ms = look.run.scaled(grace_s) * 1000
    with TrackerClient(look.run.world) as tracker:

        def true() -> float:
            real = [truth for truth in truths(look.evidence()).values() if truth.stays]
            asked_ms = time.time() * 1000
            try:
                said = _Said(tracker, real)
            except TrackerRefused:
                return 0.0
            now_ms = time.time() * 1000
            good = 0
            for one in real:
                stuck = {_is_stuck(one, limits, asked_ms - grace_ms), _is_stuck(one, limits, now_ms)}
                allowed = (one.open,), tuple(stuck), _anomalous(one, limits, now_ms, exactly)
                good += all(said.rightly(one, state, right) for state, right in zip(STATES, allowed, strict=True))
            if good == len(real) and said.untold:  # what is told wrong is wrong, whatever else is not told
                raise said.untold[0]
            enough = len(real) if len(real) >= at_least else 0
            return share(good, enough, look.question, f"at least {at_least} conversations that were in a queue")

        return look.settled(true, 1.0, within_s)


class _Said:
    """What the tracker says of conversations, each by itself and in its listings; and what it does not tell."""

    def __init__(self, tracker: TrackerClient, real: list[Truth]) -> None:
        self.untold: list[CannotTell] = []
        self._views = {one.conversation: tracker.view(one.conversation) for one in real}
        self._listed = {state: self._listing(tracker, state) for state in STATES}

    def _listing(self, tracker: TrackerClient, state: str) -> set[str] | None:
        try:
            return set(tracker.conversations(state))
        except CannotTell as error:
            self.untold.append(error)
        return None

    def rightly(self, one: Truth, state: str, right: tuple[bool, ...]) -> bool:
        """Whether it says and lists the conversation as `state`, or not, if that is one of `right`."""
        view, listed = self._views[one.conversation], self._listed[state]
        if view is None:
            return False
        try:
            if view.told(state) not in right:
                return False
        except CannotTell as error:
            self.untold.append(error)
        if listed is None:
            return True
        # Who is over, or silent outside a queue, may have left the memory that is listed.
        return True in right if one.conversation in listed else one.queue is None or not one.open or False in right


def _is_stuck(one: Truth, limits: Limits, at_ms: float) -> bool:
    lasting = [stay.entered_ms for stay in one.stays if stay.left_ms is None]
    return one.open and any(at_ms - entered_ms > limits.max_dwell_ms for entered_ms in lasting)


def _anomalous(one: Truth, limits: Limits, now_ms: float, exactly: bool) -> tuple[bool, ...]:
    if any(one.bounces_to(stay.queue) > limits.max_bounces for stay in one.stays):
        return (True,)
    other_reasons = one.bounces > limits.max_bounces or one.longest_wait_ms(int(now_ms)) > limits.max_dwell_ms
    return EITHER if other_reasons and not exactly else (False,)
