"""A tracker that stands still: it takes connections and answers nothing."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.fault import clear
from harness.breaking.process import PROCESS, inject_on_process, process_run, still

__all__ = ["inject_tracker_paused", "clear_tracker_paused"]

FAULT = "tracker_paused"


def inject_tracker_paused(seconds: float = 60, configuration: Configuration = None) -> dict[str, Any]:
    """Stop the tracker where it is (SIGSTOP), for at most `seconds`.

    Seen in force when its process is stopped, and a question gets no answer.
    """
    run = process_run(configuration, FAULT, seconds)
    return inject_on_process(run, FAULT, seconds, lambda keeper: keeper.pause(PROCESS), still)


def clear_tracker_paused(configuration: Configuration = None) -> dict[str, Any]:
    """Let the tracker go on, and see it take deliveries; nothing to do if it was not paused."""
    return clear(configuration, FAULT)
