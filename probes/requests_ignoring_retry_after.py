"""Whether a desktop does as it is told when it is told to wait."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.evidence import Entry
from harness.observing.history import SECOND
from harness.observing.measuring import measuring
from harness.observing.traffic import requests, sent_at

__all__ = ["requests_ignoring_retry_after"]

# Desktop and wire each round their own times.
CLOCKS_NS = 5_000_000


def requests_ignoring_retry_after(
    retry_after_s: float = 0, grace_s: float = 1.0, configuration: Configuration = None
) -> int:
    """Number of requests (handshakes included) that an agent repeated before the time that a 429 or 503 had asked for.

    Compared are requests of one agent with the same method and path. The wire's evidence says what was asked for;
    `retry_after_s` (real-world seconds) is assumed where it does not. What is sent within `grace_s` after the answer
    was on its way already. Without any such answer there is nothing to measure.
    """
    look = measuring(configuration, "requests_ignoring_retry_after")
    evidence = look.evidence()
    assumed, grace = look.nanoseconds(retry_after_s), look.nanoseconds(grace_s)
    early, refusals = 0, 0
    quiet_until: dict[tuple[str | None, str, str], tuple[int, int]] = {}
    answers = [*requests(evidence, look.agents), *(e for e in evidence.of("ws.refused") if e.agent in look.agents)]
    for answer in sorted(answers, key=sent_at):
        key = (answer.agent, str(answer.get("method", "GET")), str(answer.get("path", "socket")))
        told, until = quiet_until.get(key, (0, 0))
        early += told + grace < sent_at(answer) < until - CLOCKS_NS
        wait = _wait(answer, assumed)
        if wait:
            refusals += 1
            quiet_until[key] = (answer.t, answer.t + wait)
    if not refusals:
        raise NoEvidence(look.question, "answers that ask to wait (429 or 503 with Retry-After)", "none")
    return early


def _wait(answer: Entry, assumed: int) -> int:
    """Nanoseconds that this answer asked to be left alone."""
    if answer["status"] not in (429, 503):
        return 0
    asked = answer.get("retry_after_s")
    if asked is not None:
        return int(float(asked) * SECOND)
    return assumed if answer["status"] == 429 else 0
