"""How slow the tracker is at taking events."""

from chaoslib.types import Configuration

from harness.errors import NoEvidence
from harness.observing.figures import percentile
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring

__all__ = ["ingest_p99_ms"]

PATH = "/eventbridge"


def ingest_p99_ms(phase: str = "all", percent: float = 99, configuration: Configuration = None) -> float:
    """The 99th (or `percent`-th) percentile of deliveries to the tracker on the wire, in real-world milliseconds.

    Without those that a fault itself held back, and without the harness' own. `phase` is before, during or after the
    faults, or all.
    """
    look = measuring(configuration, "ingest_p99_ms")
    evidence = look.evidence()
    taken = [
        float(entry["ms"])
        for entry in within(evidence.of("api", source="wire"), phase_span(evidence, phase, look.question))
        if entry["method"] == "POST" and entry["path"] == PATH and not entry["touched"]
    ]
    if not taken:
        raise NoEvidence(look.question, f"deliveries to the tracker {phase} the faults", "none")
    return round(look.run.unscaled(percentile(taken, percent)), 2)
