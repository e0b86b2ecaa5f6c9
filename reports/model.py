"""What a review says, as plain frozen values; every rendering is made of these.

Times are real-world seconds (measured divided by the run's time scale) since the world was up.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any


@dataclass(frozen=True)
class Clock:
    """Turns evidence times (monotonic nanoseconds) into real-world seconds since `zero`, and those into wall time."""

    zero: int
    zero_wall: datetime
    scale: float

    def seconds(self, t: int) -> float:
        """Real-world seconds since zero."""
        return (t - self.zero) / 1e9 / self.scale

    def wall(self, seconds: float) -> datetime:
        """The wall time (UTC) at real-world `seconds` since zero."""
        return self.zero_wall + timedelta(seconds=seconds * self.scale)


class Connection(StrEnum):
    """How a desktop stood with the cloud: its socket on the data path and its own banner, taken together."""

    CONNECTED = "connected"
    DOWN = "not connected"
    WAITING = "socket open, desktop not ready"
    DISAGREES = "banner and socket disagree"
    DOUBLE = "two sockets at once"
    OUT = "logged out"
    STARTING = "logging on"
    UNKNOWN = "not known"


class Queue(StrEnum):
    """What the API said about the agent's place on the queue."""

    ON = "on queue"
    OFF = "not on queue"
    NOT_RESPONDING = "not responding"
    UNKNOWN = "not known"


class MarkKind(StrEnum):
    """A moment on an agent's line."""

    DROP = "dropped"
    RECONNECT = "reconnected"
    REFUSED = "refused"


class Outcome(StrEnum):
    """How an agent came through the faults."""

    UNHURT = "never lost"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not recovered"
    LOGGED_OUT = "logged out"


@dataclass(frozen=True)
class Span:
    """One state from `start` to `end`."""

    start: float
    end: float
    state: str


@dataclass(frozen=True)
class Mark:
    """One moment; `note` is a close code or a status."""

    at: float
    kind: MarkKind
    note: str = ""


@dataclass(frozen=True)
class AgentLine:
    """One agent's row of the timeline."""

    agent: str
    label: str
    connection: tuple[Span, ...]
    queue: tuple[Span, ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Fault:
    """One fault from order to clearing; a moment that never came is None. `touched` counts what it did.

    `agents_touched` leaves out the canary, whose own traffic proves that the fault is in force. `measured` says what
    was found on the desktops' network, for faults of it.
    """

    fault: str
    lease: str | None
    scope: str
    parameters: str
    ordered: float | None
    seen: float | None
    clear_ordered: float | None
    cleared: float | None
    start: float
    end: float
    ended_by: str
    touched: int | None
    agents_touched: int
    proof: str = ""
    measured: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recovery:
    """How one agent came back: `took_s` from the first loss until it was right again and stayed so.

    `lost_s` adds up the moments of that time in which it was not right.
    """

    agent: str
    label: str
    outcome: Outcome
    lost: float | None
    back: float | None
    took_s: float | None
    lost_s: float
    after_clearing_s: float | None
    drops: int
    attempts: int
    on_queue_before: bool | None
    on_queue_after: bool | None


@dataclass(frozen=True)
class Recoveries:
    """All agents, worst first, and the distribution of those that recovered.

    `resolution_s` is the observer's usual pace, `longest_gap_s` the longest time between two of its looks.
    An agent that was back before the clearing counts as 0 in `after_clearing_p95_s`.
    """

    rows: tuple[Recovery, ...]
    p50_s: float | None
    p95_s: float | None
    max_s: float | None
    resolution_s: float | None
    longest_gap_s: float | None
    after_clearing_p95_s: float | None

    def count(self, outcome: str) -> int:
        """How many agents came through like that."""
        return sum(row.outcome == outcome for row in self.rows)

    @property
    def off_queue(self) -> int:
        """How many agents were on queue before the fault and were not at the end."""
        return sum(bool(row.on_queue_before) and row.on_queue_after is False for row in self.rows)


@dataclass(frozen=True)
class Question:
    """One judged probe: its limit in words, and what was found (any JSON value)."""

    question: str
    verdict: str
    expected: str
    found: Any
    phase: str
    function: str
    at: float | None


@dataclass(frozen=True)
class Activity:
    """One step of the experiment."""

    name: str
    type: str
    phase: str
    status: str
    start: float
    took_s: float
    why: str


@dataclass(frozen=True)
class Condition:
    """One guard condition: the most that was seen, and where the run would have been ended."""

    condition: str
    limit: str
    most: float | None
    at: float | None
    breached: bool
    samples: int


@dataclass(frozen=True)
class LeaseRecord:
    """One lease: the right to keep a fault in force, and how it ended."""

    lease: str
    fault: str
    held: float | None
    ended: float | None
    how: str
    verified: bool | None


@dataclass(frozen=True)
class Source:
    """One evidence file."""

    source: str
    lines: int
    closed: bool


@dataclass(frozen=True)
class Phase:
    """One phase of the experiment on the timeline."""

    name: str
    start: float
    end: float


@dataclass(frozen=True)
class Following:
    """What a tracker was told of, over how many attempts (`refused` of them not taken, or not answered), and what it
    told on: points and alerts that arrived. `struck` is how often it was killed on purpose, `died` how often not."""

    interactions: int
    events: int
    attempts: int
    refused: int
    points: int
    fired: int
    resolved: int
    struck: int
    died: int


@dataclass(frozen=True)
class Review:
    """Everything a reader wants to know after one run."""

    run: str
    experiment: str
    title: str
    description: str
    verdict: str
    reasons: tuple[str, ...]
    started: str
    ended: str
    wall_s: float | None
    seed: int | None
    time_scale: float
    world: str
    defect: str | None
    sabotage: tuple[str, ...]
    repeat: str
    versions: dict[str, str]
    clock: Clock
    end: float
    agents: tuple[AgentLine, ...] = ()
    faults: tuple[Fault, ...] = ()
    never_ordered: tuple[str, ...] = ()
    recoveries: Recoveries | None = None
    following: Following | None = None
    questions: tuple[Question, ...] = ()
    activities: tuple[Activity, ...] = ()
    phases: tuple[Phase, ...] = ()
    guard: tuple[Condition, ...] = ()
    leases: tuple[LeaseRecord, ...] = ()
    sources: tuple[Source, ...] = ()
    gaps: tuple[str, ...] = ()
    journal: dict[str, Any] = field(default_factory=dict)
