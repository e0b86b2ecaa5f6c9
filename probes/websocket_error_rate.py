"""How much of the desktops' socket traffic goes wrong."""

from chaoslib.types import Configuration

from harness.observing.figures import share
from harness.observing.history import phase_span, within
from harness.observing.measuring import measuring

__all__ = ["websocket_error_rate"]


def websocket_error_rate(phase: str = "after", configuration: Configuration = None) -> float:
    """Share (0 to 1) of the sockets that were refused or broke, of all that were open, refused or ended in that
    `phase`.

    `phase` is before, during or after the faults, or all. Broke means that it ended otherwise than by a close of 1000
    or 1001.
    """
    look = measuring(configuration, "websocket_error_rate")
    evidence = look.evidence()
    span = phase_span(evidence, phase, look.question)
    open_now: set[str] = set()
    for entry in evidence.of("ws.open", "ws.close"):
        if entry.agent in look.agents and (span.end is None or entry.t < span.end):
            (open_now.add if entry.kind == "ws.open" else open_now.discard)(str(entry["socket"]))
    happened = [e for e in within(evidence.of("ws.refused", "ws.close"), span) if e.agent in look.agents]
    wrong = [entry for entry in happened if entry.kind == "ws.refused" or entry["abnormal"]]
    return share(len(wrong), len(happened) + len(open_now), look.question, f"sockets {phase} the faults")
