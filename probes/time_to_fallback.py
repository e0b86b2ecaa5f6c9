"""How long agents and customers talk to nobody before there is another way."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Evidence
from harness.observing.figures import NEVER_S
from harness.observing.figures import statistic as statistic_of
from harness.observing.history import first_fault
from harness.observing.measuring import measuring
from harness.observing.voice import (
    BAD_LOSS_PERCENT,
    Call,
    calls_connected,
    measurements,
    numbers_given,
    numbers_shown,
)

__all__ = ["time_to_fallback"]


def time_to_fallback(statistic: str = "max", within_s: float = 0, configuration: Configuration = None) -> float:
    """Real-world seconds from the order of the first fault until a call whose voice it took was moved to a phone.

    Moved means that the server gave a number and that the agent is shown the same. Counted are the calls in progress
    then of which either end measured 20 % lost or more since, or that got a number; one never moved counts as 999999 s.
    `statistic` is p50, p95, p99, max, min or mean over them. Waits up to `within_s` real-world seconds for all.
    """
    look = measuring(configuration, "time_to_fallback")

    def times() -> list[float]:
        evidence = look.evidence()
        start = first_fault(evidence, look.question)
        calls = calls_connected(evidence, look.agents, start)
        bad = {found.call for found in measurements(evidence, start) if found.loss_percent >= BAD_LOSS_PERCENT}
        moved = _moved(evidence)
        hit = calls & (bad | set(numbers_given(evidence)))
        if not hit:
            raise NoEvidence(look.question, "calls in progress that lost their voice", "none")
        return [look.seconds(moved[call] - start if call in moved else None) for call in sorted(hit)]

    look.settled(lambda: times().count(NEVER_S), 0, within_s)
    return statistic_of(times(), statistic)


def _moved(evidence: Evidence) -> dict[Call, int]:
    given, shown = numbers_given(evidence), numbers_shown(evidence)
    return {
        call: max(at, shown[call][0])
        for call, (at, number) in given.items()
        if call in shown and shown[call][1] == number
    }
