"""Let time pass and look at what happens meanwhile."""

import time
from collections import Counter
from typing import Any

from chaoslib.types import Configuration

from harness.breaking.limits import line, number
from harness.errors import BadInput
from harness.runtime import run_of
from harness.waiting import pause

__all__ = ["observe"]


def observe(seconds: float = 10, reason: str = "", configuration: Configuration = None) -> dict[str, Any]:
    """Let `seconds` pass, for the `reason` given; `{"seconds", "reason", "seen": {kind of evidence: how many}}`.

    A signal ends it at once.
    """
    number("seconds", seconds, 0.1, 86_400)
    if not line("reason", reason):
        raise BadInput("reason", "what is waited for", reason)
    run = run_of(configuration)
    began = time.monotonic_ns()
    pause(run.scaled(seconds))
    seen = Counter(entry.kind for entry in run.reader.read().entries if entry.t >= began)
    return {"seconds": seconds, "reason": reason, "seen": dict(sorted(seen.items()))}
