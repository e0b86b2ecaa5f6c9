"""Guard conditions: what must not happen to the system however interesting the experiment, sampled all the time.

A condition is `{"measure": "api_p99_ms", "limit": 2000, "for_s": 30}`: breached when the measure stays above its limit
for that many real-world seconds. The defaults come from the seeds of this project: WebSocket error rate above 5 % for
10 s, API p99 above 2,000 ms for 30 s.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness.breaking.wire import WireControl, WireStats
from harness.errors import BadInput
from harness.world import World

SAMPLE_EVERY_S = 0.1
NOTE_EVERY_S = 1.0
# Real-world seconds over which one sample looks back: short against each default `for_s`, so that one bad moment
# is out of sight before it counts as lasting.
WINDOW_S = 5.0
BLIND = "guard cannot measure"


class Measure(StrEnum):
    """What can be guarded. Rates are shares from 0 to 1, times are real-world milliseconds."""

    API_P99_MS = "api_p99_ms"
    API_ERROR_RATE = "api_error_rate"
    WEBSOCKET_ERROR_RATE = "websocket_error_rate"


Sample = Mapping[Measure, float | None]


@dataclass(frozen=True)
class Condition:
    """Breached when `measure` is above `limit` for `for_s` real-world seconds without a break."""

    measure: Measure
    limit: float
    for_s: float

    def __str__(self) -> str:
        return f"{self.measure} above {self.limit:g} for {self.for_s:g} s"


@dataclass(frozen=True)
class Breach:
    """A condition that came true, and the last value measured."""

    condition: Condition
    found: float


DEFAULTS = (Condition(Measure.WEBSOCKET_ERROR_RATE, 0.05, 10.0), Condition(Measure.API_P99_MS, 2000.0, 30.0))


def conditions_of(given: Any) -> tuple[Condition, ...]:
    """Read conditions from an experiment's JSON."""
    if not isinstance(given, list):
        raise BadInput("guard", "a list of conditions", given)
    return tuple(_condition(item) for item in given)


def _condition(given: Any) -> Condition:
    if not isinstance(given, dict) or set(given) != {"measure", "limit", "for_s"}:
        raise BadInput("guard condition", "measure, limit and for_s", given)
    if given["measure"] not in list(Measure):
        raise BadInput("guard measure", f"one of {', '.join(Measure)}", given["measure"])
    for key in ("limit", "for_s"):
        value = given[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise BadInput(f"guard {key}", "a number that is not negative", value)
    return Condition(Measure(given["measure"]), float(given["limit"]), float(given["for_s"]))


class Guard:
    """Which conditions hold for how long already; no clock in here."""

    def __init__(self, conditions: Sequence[Condition], time_scale: float) -> None:
        self._conditions = tuple(conditions)
        self._time_scale = time_scale
        self._above: dict[Condition, tuple[float, float]] = {}  # since when, and the last value

    def sample(self, now: float, found: Sample) -> Breach | None:
        """Take one sample at `now` (wall seconds); the first condition that it completes.

        A measure of None (nothing to measure) neither starts a breach nor ends one that is under way: fail closed.
        """
        for condition in self._conditions:
            value = found.get(condition.measure)
            if value is not None and value <= condition.limit:
                self._above.pop(condition, None)
                continue
            if value is not None:
                self._above[condition] = (self._above.get(condition, (now, value))[0], value)
            since, last = self._above.get(condition, (now, None))
            if last is not None and now - since >= condition.for_s * self._time_scale:
                return Breach(condition, last)
        return None


def measured(stats: WireStats, time_scale: float) -> dict[Measure, float | None]:
    """What the wire counted, as measures in real-world units; None where nothing passed."""
    sockets = stats.open + stats.opened + stats.refused + stats.abnormal
    return {
        Measure.API_P99_MS: stats.p99_ms / time_scale if stats.count else None,
        Measure.API_ERROR_RATE: stats.errors / stats.count if stats.count else None,
        Measure.WEBSOCKET_ERROR_RATE: stats.error_rate if sockets else None,
    }


class Guarding:
    """Samples the wire of `world` ten times a second; calls `stop(reason)` on a breach, or if it cannot measure."""

    def __init__(
        self,
        conditions: Sequence[Condition],
        world: World,
        note: Callable[..., None],
        stop: Callable[[str], Any],
    ) -> None:
        if world.wire is None:
            raise BadInput("guard", "a world with a wire to measure on", "none")
        self._guard = Guard(conditions, world.time_scale)
        self._wire = WireControl(world.wire)
        self._time_scale = world.time_scale
        self._window_s = WINDOW_S * world.time_scale
        self._note = note
        self._stop = stop
        self._ended = threading.Event()
        self._noted = 0.0
        self._thread = threading.Thread(target=self._run, name="guard", daemon=True)

    def start(self) -> None:
        """Take the first sample now, so that a guard that cannot measure is refused at once; then go on alone."""
        self._sample()
        self._thread.start()

    def stop(self) -> None:
        """End it; may be called twice."""
        self._ended.set()

    def _run(self) -> None:
        try:
            breach = None
            while breach is None and not self._ended.wait(SAMPLE_EVERY_S):
                breach = self._sample()
        except Exception as error:
            if not self._ended.is_set():
                self._stop(f"{BLIND}: {error}")
        else:
            if breach is not None:
                self._breached(breach)
        finally:
            self._wire.close()

    def _sample(self) -> Breach | None:
        now = time.monotonic()
        found = measured(self._wire.stats(self._window_s), self._time_scale)
        if now - self._noted >= NOTE_EVERY_S:
            self._noted = now
            self._note("guard.sample", **{str(measure): value for measure, value in found.items()})
        return self._guard.sample(now, found)

    def _breached(self, breach: Breach) -> None:
        condition = breach.condition
        # Before anything that follows from it, so that the evidence has the cause ahead of its effects.
        self._note("guard.breach", condition=str(condition), limit=condition.limit, found=breach.found)
        self._stop(f"guard: {condition} (found {breach.found:g})")
