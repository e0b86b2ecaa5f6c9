"""A tracker that is killed, and comes back with what it had kept."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.fault import clear
from harness.breaking.limits import number
from harness.breaking.process import PROCESS, gone, inject_on_process, process_run

__all__ = ["inject_tracker_killed", "clear_tracker_killed"]

FAULT = "tracker_killed"


def inject_tracker_killed(
    down_s: float = 0, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Kill the tracker (SIGKILL). After `down_s` it is started again; with 0 it stays down until the fault is cleared.

    Seen in force when it refuses connections. The lease is for `seconds`.
    """
    number("down_s", down_s, 0, 3600)
    run = process_run(configuration, FAULT, seconds)
    back_after = run.scaled(down_s) if down_s else None
    return inject_on_process(run, FAULT, seconds, lambda keeper: keeper.strike(PROCESS, back_after), gone)


def clear_tracker_killed(configuration: Configuration = None) -> dict[str, Any]:
    """Start the tracker again as it was, if it is down, and see it take deliveries; nothing to do if it was not."""
    return clear(configuration, FAULT)
