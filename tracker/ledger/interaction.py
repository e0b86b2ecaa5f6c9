"""What the ledger shows: immutable values, each made at one version. All times are epoch milliseconds."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay in a queue. `entered_ms` is None while only its end is known, `left_ms` while it lasts (or for ever, if
    the end never came); `dwell_ms` needs both. `outcome` is ACD's: ANSWERED, ABANDON, FLOW_OUT, or None."""

    queue: str
    participant: str | None
    entered_ms: int | None
    left_ms: int | None
    dwell_ms: int | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Transition:
    """One step into or out of a queue."""

    type: Literal["enter", "exit"]
    queue: str
    participant: str | None
    at_ms: int


@dataclass(frozen=True, slots=True)
class Condition:
    """Something to be alerted about begins (`holds`) or ends.

    `since_ms` is when the queue was entered (stuck) or re-entered once too often (bouncing); kind, conversation, queue
    and `since_ms` together name the condition, also after a restart. `value` and `limit` are seconds or bounces.
    """

    kind: Literal["stuck", "bouncing"]
    conversation: str
    queue: str
    since_ms: int
    value: float
    limit: float
    holds: bool


@dataclass(frozen=True, slots=True)
class Interaction:
    """A conversation as all its events up to `version` (their number) tell it.

    `open` until the customer's end is known. `current_queue` and `entered_ms` are of the newest stay that lasts. A
    bounce is an entry into a queue that was left since its last entry; the ratio is bounces / visits. `phantoms` say
    in words what cannot have happened as told, so some event is missing (or not here yet). `stuck` is as of the
    ledger's last look at the clock; `anomalous` if any queue was bounced to too often, be the conversation over or not.
    """

    conversation: str
    version: int
    open: bool
    current_queue: str | None
    entered_ms: int | None
    visits: tuple[Visit, ...]
    transitions: tuple[Transition, ...]
    bounces: int
    bounce_ratio: float
    phantoms: tuple[str, ...]
    finished_ms: int | None
    last_ms: int
    stuck: bool
    anomalous: bool
