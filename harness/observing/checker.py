"""The history checker: what was delivered to a tracker and what it said, in; what cannot be true, out. Pure and linear.

A history is a sequence of records in order of time. `Sent` opens a delivery, `Answered` ends it: `ok` (acknowledged),
`failed` (refused for good) or `unknown` (cut off, timed out: it may have happened or not). A delivery that is sent
again has the same id. `Read` is one answer of the tracker about one conversation; a `final` one comes when all is
quiet.

What was sent may show in any later state, what was acknowledged must be in the final one, and nothing else may ever be
in any. What was told once must be in each answer that is asked for later. Within one answer bounces, visits and current
queue must follow from the transitions: an answer given while deliveries were on their way that contradicts itself is
torn, one given in peace is wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

DWELL_SLACK_S = 0.0015


class Step(NamedTuple):
    """A conversation enters (or leaves) a queue at `at_ms`; at one moment it leaves before it enters."""

    at_ms: int
    enters: bool
    queue: str


class Stay(NamedTuple):
    """One visit of a queue as the tracker tells it; what it does not know is None."""

    queue: str
    entered_ms: int | None
    left_ms: int | None
    dwell_s: float | None


class Sent(NamedTuple):
    """A delivery starts; `steps` are what it says (none for an event that says nothing about queues)."""

    t: int
    delivery: str
    conversation: str
    steps: tuple[Step, ...]


class Outcome(StrEnum):
    """How a delivery ended."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Answered(NamedTuple):
    """A delivery ended."""

    t: int
    delivery: str
    outcome: Outcome


class Read(NamedTuple):
    """One answer, asked for at `asked` and given at `t`; what the tracker does not tell is None.

    `found` is whether it knew the conversation. `current` counts only if `tells_current`; None is no queue.
    """

    t: int
    asked: int
    conversation: str
    found: bool
    version: int | None = None
    steps: tuple[Step, ...] | None = None
    stays: tuple[Stay, ...] | None = None
    bounces: int | None = None
    current: str | None = None
    tells_current: bool = False
    open: bool | None = None
    final: bool = False


Record = Sent | Answered | Read


class Kind(StrEnum):
    """What is wrong."""

    LOST = "lost"
    FORGOTTEN = "forgotten"
    INVENTED = "invented"
    REPEATED = "repeated"
    TORN = "torn"
    WRONG = "wrong"
    WENT_BACK = "went back"


@dataclass(frozen=True)
class Finding:
    """One thing that cannot be true, in the words of the conversation."""

    kind: Kind
    conversation: str
    words: str
    t: int

    def __str__(self) -> str:
        return f"{self.kind}: conversation {self.conversation} {self.words}"


class _Book:
    """What is known of one conversation so far."""

    __slots__ = ("acknowledged", "busy", "last_answer", "possible", "seen_t", "told", "version", "version_t")

    def __init__(self) -> None:
        self.possible: set[Step] = set()
        self.acknowledged: set[Step] = set()
        self.busy = 0
        self.last_answer = 0
        self.seen_t: int | None = None
        self.told: dict[Step, int] = {}
        """When each step was first told, or told again."""
        self.version = 0
        self.version_t = 0


def check(records: Iterable[Record]) -> list[Finding]:
    """Everything that cannot be true, in order of time."""
    books: dict[str, _Book] = {}
    pending: dict[str, tuple[_Book, tuple[Step, ...]]] = {}
    findings: list[Finding] = []
    for record in records:
        if type(record) is Answered:
            waiting = pending.pop(record.delivery, None)
            if waiting is None:
                continue
            book, steps = waiting
            if record.outcome is Outcome.OK:
                book.acknowledged.update(steps)
            if (
                record.outcome is not Outcome.UNKNOWN
            ):  # which may still happen: such a book is busy until it is sent again
                book.busy -= 1
                book.last_answer = record.t
            else:
                pending[record.delivery] = waiting
        elif type(record) is Sent:
            found = books.get(record.conversation)
            book = found if found is not None else books.setdefault(record.conversation, _Book())
            if record.delivery not in pending:
                book.busy += 1
                pending[record.delivery] = (book, record.steps)
            book.possible.update(record.steps)
        elif type(record) is Read:
            found = books.get(record.conversation)
            book = found if found is not None else books.setdefault(record.conversation, _Book())
            findings += _read(record, book)
    return findings


def _read(read: Read, book: _Book) -> list[Finding]:
    """What is wrong with one answer."""
    if not read.found:
        return _unknown(read, book)
    if book.seen_t is None:
        book.seen_t = read.t
    findings = _version(read, book)
    if read.steps is None:
        return findings
    steps = set(read.steps)
    if len(steps) != len(read.steps):
        findings += _repeated(read)
    if not steps <= book.possible:
        findings += [
            Finding(Kind.INVENTED, read.conversation, f"{_told(step)}, which nobody delivered", read.t)
            for step in sorted(steps - book.possible)
        ]
    if read.final and not book.acknowledged <= steps:
        findings += [_lost(read, step) for step in sorted(book.acknowledged - steps)]
    findings += _gone(read, steps, book)
    contradiction = contradictions(read, complete=read.final and steps >= book.possible)
    if contradiction:
        torn = not read.final and (book.busy > 0 or book.last_answer >= read.asked)
        kind = Kind.TORN if torn else Kind.WRONG
        findings += [Finding(kind, read.conversation, words, read.t) for words in contradiction]
    return findings


def _unknown(read: Read, book: _Book) -> list[Finding]:
    if read.final and book.acknowledged:
        words = f"is unknown, though {_count(len(book.acknowledged), 'step')} of it were acknowledged"
        return [Finding(Kind.LOST, read.conversation, words, read.t)]
    if book.seen_t is not None and read.asked >= book.seen_t:
        return [Finding(Kind.FORGOTTEN, read.conversation, "is unknown, and was known before", read.t)]
    return []


def _version(read: Read, book: _Book) -> list[Finding]:
    if read.version is None:
        return []
    before, since = book.version, book.version_t
    if read.version >= before:
        book.version, book.version_t = read.version, read.t
    elif read.asked >= since:
        words = f"went back from version {before} to {read.version}"
        return [Finding(Kind.WENT_BACK, read.conversation, words, read.t)]
    return []


def _gone(read: Read, steps: set[Step], book: _Book) -> list[Finding]:
    """What an earlier answer told and this one, asked for after that, does not; each is said once, until told again."""
    told, findings = book.told, []
    if not told.keys() <= steps:
        gone = sorted(step for step in told.keys() - steps if read.asked >= told[step])
        for step in gone:
            del told[step]
        said = book.acknowledged if read.final else ()  # that these are lost is said already
        findings = [_taken_back(read, step) for step in gone if step not in said]
    if not steps <= told.keys():
        for step in steps:
            told.setdefault(step, read.t)
    return findings


def _taken_back(read: Read, step: Step) -> Finding:
    words = f"{_told(step)}: that was told before, and is gone{_unbalanced(read, step.queue)}"
    return Finding(Kind.WENT_BACK, read.conversation, words, read.t)


def _repeated(read: Read) -> list[Finding]:
    steps = read.steps or ()
    again = sorted({step for step in steps if steps.count(step) > 1})
    findings = []
    for step in again:
        told = f"{_told(step)}: that is told {_times(steps.count(step))}, and happened once"
        words = told + _unbalanced(read, step.queue)
        findings.append(Finding(Kind.REPEATED, read.conversation, words, read.t))
    return findings


def _lost(read: Read, step: Step) -> Finding:
    words = f"{_told(step)}: that was acknowledged, and is gone{_unbalanced(read, step.queue)}"
    return Finding(Kind.LOST, read.conversation, words, read.t)


def _unbalanced(read: Read, queue: str) -> str:
    """`; it left Billing twice but entered once`, if that is what the answer says."""
    enters = sum(step.queue == queue and step.enters for step in read.steps or ())
    exits = sum(step.queue == queue and not step.enters for step in read.steps or ())
    return f"; it left {queue} {_times(exits)} but entered {_times(enters)}" if exits > enters else ""


def contradictions(read: Read, complete: bool = False) -> list[str]:
    """Where bounces, current queue and visits of one answer do not follow from its own transitions, in words.

    Which exit ends which entry is not looked at, for while events are missing only their participants could say that;
    unless the transitions are `complete`.
    """
    steps = sorted(read.steps or ())
    bounces, inside = _followed(steps)
    words = []
    if read.bounces is not None and read.bounces != bounces:
        told, by_steps = _count(read.bounces, "bounce"), _count(bounces, "bounce")
        words.append(f"has {told} it says, but its transitions tell of {by_steps}")
    if read.tells_current:
        words += _misplaced(read, inside, complete)
    if read.stays is not None:
        words += _stays_at_odds(read.stays, steps)
    return words


def is_torn(read: Read) -> bool:
    """Whether one answer contradicts itself, or tells a transition twice, whatever was delivered."""
    steps = read.steps or ()
    return len(set(steps)) != len(steps) or bool(contradictions(read))


def _followed(steps: list[Step]) -> tuple[int, dict[str, int]]:
    """How many bounces the steps tell of, and for each queue how many more entries than exits."""
    left: set[str] = set()
    bounces, inside = 0, dict[str, int]()
    unentered: dict[str, tuple[int, bool]] = {}
    for at_ms, enters, queue in steps:
        before = inside.setdefault(queue, 0)
        if not enters:
            if before:
                inside[queue] -= 1
            else:  # its entry is missing, and so no later one is; or it is of the same moment
                unentered[queue] = (at_ms, queue in left)
            left.add(queue)
            continue
        moment, again = unentered.pop(queue, (None, False))
        if moment == at_ms:
            bounces += again  # in and out at one moment: the exit, which sorts first, belongs to this entry
            continue
        inside[queue] += 1
        if queue in left:
            left.discard(queue)
            bounces += 1
    return bounces, inside


def _misplaced(read: Read, inside: dict[str, int], complete: bool) -> list[str]:
    waits = [queue for queue, more in inside.items() if more > 0]
    if read.current is not None and (read.current not in inside or (complete and read.current not in waits)):
        return [f"is in {read.current} it says, but by its transitions it is not"]
    if read.current is None and waits and read.open:
        return [f"is in no queue it says, but by its transitions in {waits[-1]}"]
    return []


def _stays_at_odds(stays: Sequence[Stay], steps: list[Step]) -> list[str]:
    ends = []
    for queue, entered_ms, left_ms, dwell_s in stays:
        if entered_ms is not None:
            ends.append((entered_ms, True, queue))
        if left_ms is not None:
            ends.append((left_ms, False, queue))
        if dwell_s is None or entered_ms is None or left_ms is None:
            continue
        by_times = (left_ms - entered_ms) / 1000
        if abs(by_times - dwell_s) > DWELL_SLACK_S:
            return [f"stayed {dwell_s:g} s in {queue} it says, but came and went {by_times:g} s apart"]
    ends.sort()
    if ends == steps:
        return []
    told = _visits(stay.queue for stay in stays)
    return [f"visited {told} it says, but its transitions tell of {_visits(s.queue for s in steps if s.enters)}"]


def _visits(queues: Iterable[str]) -> str:
    return ", ".join(queues) or "nothing"


def _told(step: Step) -> str:
    return f"{'entered' if step.enters else 'left'} {step.queue} at {step.at_ms}"


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
