"""Somebody keeps asking the tracker about conversations that change."""

import threading
import time
from contextlib import suppress
from random import Random
from typing import Any

from chaoslib.types import Configuration

from harness.breaking.limits import number
from harness.errors import BadInput, DeskstormError
from harness.observing.told import as_fields, ask
from harness.observing.tracker import TrackerClient
from harness.runtime import Run, run_of
from harness.waiting import pause

__all__ = ["watch_interactions"]

WITHIN_S = 2.0
# Of those that changed last it asks about one of so many.
HOT = 4
DELIVERED = ("delivery.invoked", "cloud.feed.sent")


def watch_interactions(
    reads_per_s: float = 5, seconds: float = 60, configuration: Configuration = None
) -> dict[str, Any]:
    """Ask the tracker `reads_per_s` about the conversations that change, during `seconds`, in the background.

    Each answer goes to the evidence (`tracker.read`), for the history to be checked; what is not answered is not.
    """
    number("reads_per_s", reads_per_s, 0.1, 200)
    number("seconds", seconds, 1, 3600)
    run = run_of(configuration)
    if run.world.tracker is None:
        raise BadInput("watch_interactions in this world", "a world with a tracker", "one without")
    ends, pace_s = time.monotonic() + run.scaled(seconds), run.scaled(1 / reads_per_s)
    threading.Thread(target=_watch, args=(run, ends, pace_s), daemon=True).start()
    return {"watching": True, "seconds": seconds}


def _watch(run: Run, ends: float, pace_s: float) -> None:
    dice = Random(run.world.seed)
    # A run whose evidence is taken away is over.
    with suppress(FileNotFoundError), TrackerClient(run.world, WITHIN_S) as tracker:
        while time.monotonic() < ends:
            if hot := _changing(run):
                _look(run, tracker, dice.choice(hot))
            pause(pace_s)


def _look(run: Run, tracker: TrackerClient, conversation: str) -> None:
    try:
        run.evidence.write("tracker.read", **as_fields(ask(tracker, conversation)))
    except DeskstormError as error:
        run.evidence.write("tracker.unread", conversation=conversation, why=str(error))


def _changing(run: Run) -> list[str]:
    """The conversations of the newest deliveries, newest first."""
    hot: dict[str, None] = {}
    for entry in reversed(run.reader.read().entries):
        if entry.kind in DELIVERED and entry["conversation"]:
            hot[str(entry["conversation"])] = None
        if len(hot) == HOT:
            break
    return list(hot)
