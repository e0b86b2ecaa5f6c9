"""How slow the API is for the desktops."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.figures import percentile
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring
from harness.observing.traffic import requests

__all__ = ["api_p99_ms"]


def api_p99_ms(phase: str = "after", percent: float = 99, configuration: Configuration = None) -> float:
    """The 99th (or `percent`-th) percentile of the desktops' API requests on the wire, in real-world milliseconds.

    `phase` is before, during or after the faults, or all.
    """
    look = measuring(configuration, "api_p99_ms")
    evidence = look.evidence()
    asked = within(requests(evidence, look.agents), phase_span(evidence, phase, look.question))
    if not asked:
        raise NoEvidence(look.question, f"API requests on the wire {phase} the faults", "none")
    return round(look.run.unscaled(percentile([float(entry["ms"]) for entry in asked], percent)), 2)
