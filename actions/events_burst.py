"""A burst of events to the tracker."""

import os
import time
from typing import Any

from chaoslib.types import Configuration

from harness.breaking.burst import Burst, Pace, postings, stop_file
from harness.breaking.clearing import undo_arguments
from harness.breaking.fault import Breakage, carry_out, clear, wire_run
from harness.breaking.interactions import interactions, spread
from harness.breaking.limits import number, whole
from harness.errors import BadInput, FaultNotInForce
from harness.keeping.undo import Undo
from harness.runtime import Run
from harness.waiting import Waited, until

__all__ = ["inject_events_burst", "clear_events_burst"]

FAULT = "events_burst"
MOST_EVENTS_PER_S = 2000.0
SEEN_WITHIN_S = 6.0
CONNECTIONS = 32  # so that some that are held back do not hold back all
SEEN = 8


def inject_events_burst(
    count: int = 100,
    events_per_s: float = 20,
    shuffle_percent: float = 0,
    open_percent: float = 20,
    seconds: float = 120,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Deliver the events of `count` made-up interactions to the tracker, `events_per_s`, for at most `seconds`, over 32
    connections; go on in the background.

    `shuffle_percent` of the events come later than their turn; `open_percent` of the interactions wait in a queue at
    the end. What is not taken comes again, as a feed does it. Seen in force when the first ones are through the
    wire, whatever the tracker makes of them.
    """
    pace = _pace(count, events_per_s, shuffle_percent, open_percent)
    run = wire_run(configuration, FAULT, seconds)
    if run.world.tracker is None:
        raise BadInput(f"{FAULT} in this world", "a world with a tracker", "one without")
    scaled = Pace(pace.per_s / run.world.time_scale, pace.connections, run.scaled(seconds), pace.shuffle)
    undo = Undo("harness.breaking.burst", "end_burst", undo_arguments(run.world, FAULT))
    expected = {"conversations": count, "events_per_s": events_per_s}
    breakage = Breakage(FAULT, seconds, [], expected, undo)
    return carry_out(run, breakage, lambda lease: _started_and_seen(run, scaled, count, open_percent / 100))


def clear_events_burst(configuration: Configuration = None) -> dict[str, Any]:
    """End the burst; nothing to do if it is over."""
    return clear(configuration, FAULT)


def _pace(count: int, per_s: float, shuffle_percent: float, open_percent: float) -> Pace:
    whole("count", count, 1, 5000)
    number("events_per_s", per_s, 0.1, MOST_EVENTS_PER_S)
    number("shuffle_percent", shuffle_percent, 0, 100)
    number("open_percent", open_percent, 0, 100)
    return Pace(per_s, CONNECTIONS, 0.0, shuffle_percent / 100)


def _started_and_seen(run: Run, pace: Pace, count: int, open_share: float) -> dict[str, Any]:
    world = run.world
    assert world.tracker is not None  # noqa: S101 - refused above
    since = time.monotonic_ns()
    now_ms, dialect = int(time.time() * 1000), world.tracker.dialect
    seed = world.seed + len(run.reader.read().of("burst.started"))  # of a second burst nothing is a repetition
    made = interactions(count, seed, (world.queue_id, *world.queues), now_ms, open_share)
    queue = postings(spread(made, dialect, now_ms, pace.per_s), dialect, pace, seed, time.monotonic())
    events, wanted = len(queue), min(len(queue), SEEN)
    stop_file(world).unlink(missing_ok=True)
    if FAULT not in os.environ.get("DESKSTORM_SABOTAGE", "").split(","):
        Burst(run, queue, pace, stop_file(world)).start()
    seen: dict[str, int] = {}

    def passed() -> bool:
        seen.update(_passed(run, since))
        return min(seen["on_the_wire"], seen["tried"]) >= wanted

    try:
        until(passed, "the first deliveries of the burst", SEEN_WITHIN_S, every_s=0.1)
    except Waited:
        raise FaultNotInForce(FAULT, f"{wanted} deliveries of the burst on the wire", str(seen)) from None
    return {"events": events, **seen}


def _passed(run: Run, since: int) -> dict[str, int]:
    found = run.reader.read()
    wire = [e for e in found.of("api", source="wire") if e.t >= since and str(e["path"]).endswith("/eventbridge")]
    tried = [e for e in found.of("delivery.ok", "delivery.failed", "delivery.unknown") if e.t >= since]
    return {"on_the_wire": len(wire), "tried": len(tried), "taken": sum(e.kind == "delivery.ok" for e in tried)}
