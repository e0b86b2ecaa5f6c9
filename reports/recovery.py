"""Agent tracks and fault windows -> who was lost, who came back and how fast. Pure.

An agent is *right* while it is connected and its desktop shows the presence that the API has. It is lost from the first
moment after the first fault at which it is not, and back at the moment from which it was right until the end.
"""

from collections.abc import Mapping
from itertools import pairwise
from statistics import median

from harness.observing.figures import percentile
from reports.agents import AgentTracks, spans
from reports.model import AgentLine, Connection, Fault, MarkKind, Outcome, Queue, Recoveries, Recovery, Span
from reports.record import Record

# An observer that polls may be late by two of its polls before the desktop and the API disagree.
POLLS_OF_GRACE = 2
STANDING = (Connection.CONNECTED, Connection.DOUBLE)
ORDER = (Outcome.NOT_RECOVERED, Outcome.LOGGED_OUT, Outcome.RECOVERED, Outcome.UNHURT)


def recoveries(
    record: Record, faults: tuple[Fault, ...], known: Mapping[str, AgentTracks], lines: tuple[AgentLine, ...]
) -> Recoveries | None:
    """How each agent came through, worst first; None if nothing was broken or nobody was there."""
    if not faults or not lines:
        return None
    between = gaps(record)
    resolution = median(between) if between else None
    window = (min(fault.start for fault in faults), record.clock.seconds(record.end))
    cleared = max(fault.end for fault in faults)
    grace = POLLS_OF_GRACE * resolution if resolution else 0.0
    rows = [_recovery(line, known[line.agent], window, cleared, grace) for line in lines]
    took = [row.took_s for row in rows if row.took_s is not None]
    after = [row.after_clearing_s for row in rows if row.after_clearing_s is not None]
    return Recoveries(
        rows=tuple(sorted(rows, key=lambda row: (ORDER.index(row.outcome), -(row.took_s or 0), row.label))),
        p50_s=percentile(took, 50) if took else None,
        p95_s=percentile(took, 95) if took else None,
        max_s=max(took) if took else None,
        resolution_s=resolution,
        longest_gap_s=max(between, default=None),
        after_clearing_p95_s=percentile(after, 95) if after else None,
    )


def gaps(record: Record) -> list[float]:
    """The times between the observer's looks, in real-world seconds."""
    polls = [record.clock.seconds(entry.t) for entry in record.of("poll")]
    return [after - before for before, after in pairwise(polls)]


def _recovery(
    line: AgentLine, track: AgentTracks, window: tuple[float, float], cleared: float, grace: float
) -> Recovery:
    start, end = window
    wrong = _wrong(line, track, start, end, grace)
    lost = wrong[0].start if wrong else None
    back = wrong[-1].end if wrong and wrong[-1].end < end else None
    outcome = _outcome(line, lost, back)
    recovered = outcome is Outcome.RECOVERED and lost is not None and back is not None
    return Recovery(
        agent=line.agent,
        label=line.label,
        outcome=outcome,
        lost=lost,
        back=back,
        took_s=back - lost if recovered and lost is not None and back is not None else None,
        lost_s=_length(wrong),
        after_clearing_s=max(0.0, back - cleared) if recovered and back is not None else None,
        drops=sum(mark.kind is MarkKind.DROP and mark.at >= start for mark in line.marks),
        attempts=track.attempts(start),
        on_queue_before=_on_queue(line, start),
        on_queue_after=_on_queue(line, end),
    )


def _wrong(line: AgentLine, track: AgentTracks, start: float, end: float, grace: float) -> list[Span]:
    """When the agent was not right, from the first fault on."""
    cut = [Span(max(start, s.start), s.end, s.state) for s in line.connection if s.end > start]
    found = [span for span in cut if span.state not in (*STANDING, Connection.UNKNOWN)]
    shown = spans((track.shown, track.presence), lambda at: "agrees" if track.agrees(at) else "disagrees", start, end)
    found += [span for span in shown if span.state == "disagrees" and span.end - span.start > grace]
    return sorted(found, key=lambda span: span.end)


def _length(found: list[Span]) -> float:
    """How long any of the spans lasted, where they overlap counted once."""
    length, until = 0.0, float("-inf")
    for span in sorted(found, key=lambda span: span.start):
        length += max(0.0, span.end - max(span.start, until))
        until = max(until, span.end)
    return length


def _outcome(line: AgentLine, lost: float | None, back: float | None) -> Outcome:
    if lost is None:
        return Outcome.UNHURT
    if line.connection and line.connection[-1].state == Connection.OUT:
        return Outcome.LOGGED_OUT
    return Outcome.NOT_RECOVERED if back is None else Outcome.RECOVERED


def _on_queue(line: AgentLine, at: float) -> bool | None:
    """Whether the API had the agent on queue just before that moment."""
    before = [span for span in line.queue if span.start < at]
    if not before or before[-1].state == Queue.UNKNOWN:
        return None
    return before[-1].state == Queue.ON
