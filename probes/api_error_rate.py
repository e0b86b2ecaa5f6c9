"""How much of what the desktops asked the API went wrong."""

from chaoslib.types import Configuration

from harness.observing.figures import share
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring
from harness.observing.traffic import requests

__all__ = ["api_error_rate"]


def api_error_rate(phase: str = "after", configuration: Configuration = None) -> float:
    """Share (0 to 1) of the desktops' API requests on the wire without an answer, or answered with 429 or 5xx.

    `phase` is before, during or after the faults, or all.
    """
    look = measuring(configuration, "api_error_rate")
    evidence = look.evidence()
    asked = within(requests(evidence, look.agents), phase_span(evidence, phase, look.question))
    wrong = [entry for entry in asked if _is_error(int(entry["status"]))]
    return share(len(wrong), len(asked), look.question, f"API requests on the wire {phase} the faults")


def _is_error(status: int) -> bool:
    return status in (0, 429) or status >= 500
