"""Judging: evidence in, findings and one of three verdicts out. Pure, so that old evidence can be judged again.

A finding counts only if nothing had made the run void before it was made: a probe that fails after its fault was
not seen in force says nothing about the system. So the first trouble in time draws the line.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.figures import NEVER_S

FIRST = -1  # before any clock reading: trouble that casts doubt on the whole run


class Verdict(StrEnum):
    """What a run says. VOID proves nothing and is never green."""

    PASS = "PASS"  # noqa: S105 - a verdict, not a password
    FAIL = "FAIL"
    VOID = "VOID"


EXIT_CODES = {Verdict.PASS: 0, Verdict.FAIL: 1, Verdict.VOID: 3}


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL beats VOID beats PASS; no verdict at all is VOID."""
    found = set(verdicts)
    for verdict in (Verdict.FAIL, Verdict.VOID, Verdict.PASS):
        if verdict in found:
            return verdict
    return Verdict.VOID


@dataclass(frozen=True)
class Finding:
    """One judged question: what the experiment allows (in words), what was measured, and when (nanoseconds)."""

    question: str
    verdict: Verdict
    expected: str
    found: Any
    phase: str
    function: str
    t: int


@dataclass(frozen=True)
class Trouble:
    """Why a run proves nothing from `t` on; `is_cause` sets what went wrong apart from what is missing after it."""

    t: int
    reason: str
    is_cause: bool = False


@dataclass(frozen=True)
class Judgement:
    """The verdict of one run with its reasons in words, worst first."""

    verdict: Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """The judgement as plain JSON values."""
        return asdict(self)


def judge(evidence: Evidence, still_open: Iterable[str] = ()) -> Judgement:
    """The verdict on one run.

    `still_open` names the sources whose files are rightly not closed yet (the judge's own process).
    """
    troubles = sorted(_troubles(evidence, frozenset(still_open)), key=lambda trouble: trouble.t)
    findings = tuple(sorted(_findings(evidence), key=lambda finding: finding.t))
    asked = [finding for finding in findings if finding.phase != "before"]
    if not asked:
        troubles.append(Trouble(_end(evidence), "no probe was judged after the fault: nothing was asked"))
    line = troubles[0].t if troubles else None
    failures = [f for f in asked if f.verdict is Verdict.FAIL and (line is None or f.t < line)]
    sentences = [f"{f.question}: expected {f.expected}, found {_in_words(f.found)}" for f in failures]
    # What went wrong comes before what is missing because of it.
    doubts = [trouble.reason for trouble in sorted(troubles, key=lambda trouble: not trouble.is_cause)]
    if failures:
        return Judgement(Verdict.FAIL, tuple(_once(sentences + doubts)), findings)
    if troubles:
        return Judgement(Verdict.VOID, tuple(_once(doubts)), findings)
    return Judgement(Verdict.PASS, (f"all {len(findings)} questions answered within their limits",), findings)


def _in_words(found: Any) -> str:
    return "never" if found == NEVER_S else str(found)


def _once(sentences: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(sentences))


def _end(evidence: Evidence) -> int:
    return evidence.entries[-1].t if evidence.entries else FIRST


def _findings(evidence: Evidence) -> Iterator[Finding]:
    for ended in evidence.of("activity.ended"):
        if ended.get("type") == "probe" and ended.get("expected") is not None and ended["status"] == "succeeded":
            met = ended["tolerance_met"] is True
            yield Finding(
                ended["name"],
                Verdict.PASS if met else Verdict.FAIL,
                ended["expected"],
                ended.get("output"),
                ended["phase"],
                ended["function"],
                ended.t,
            )
    for breach in evidence.of("guard.breach"):
        yield Finding(
            f"guard: {breach['condition']}",
            Verdict.FAIL,
            f"at most {breach['limit']}",
            breach["found"],
            "guard",
            "harness.keeping.guard",
            breach.t,
        )


def _troubles(evidence: Evidence, still_open: frozenset[str]) -> Iterator[Trouble]:
    yield from _missing_evidence(evidence, still_open)
    yield from (Trouble(entry.t, entry["reason"], is_cause=True) for entry in evidence.of("run.trouble"))
    yield from _steady_state_at_start(evidence)
    yield from _activities(evidence)
    yield from _faults(evidence)


def _missing_evidence(evidence: Evidence, still_open: frozenset[str]) -> Iterator[Trouble]:
    started = evidence.last("run.started")
    if started is None:
        yield Trouble(FIRST, "evidence is missing: the run never said that it started")
    if evidence.last("world.up") is None:
        yield Trouble(started.t if started else FIRST, "the world did not come up")
    for gap in evidence.gaps:
        yield Trouble(FIRST, f"evidence was lost: {gap}")
    for source in evidence.unclosed:
        if source not in still_open:
            yield Trouble(FIRST, f"evidence of {source} is not whole: its file was never closed")
    up = evidence.last("world.up")
    present = {entry.source for entry in evidence.entries}
    for source in up.get("sources", ()) if up else ():
        if source not in present:
            yield Trouble(FIRST, f"evidence of {source} is missing")


def _steady_state_at_start(evidence: Evidence) -> Iterator[Trouble]:
    planned = evidence.last("run.planned")
    before = [entry for entry in evidence.of("hypothesis.ended") if entry["when"] == "before"]
    if not planned:
        yield Trouble(_end(evidence), "the run never said what it planned")
        return
    if not planned["hypothesis"]:
        yield Trouble(planned.t, "the experiment has no steady-state hypothesis")
    elif not before:
        yield Trouble(planned.t + 1, "the steady state was not checked before the fault")
    for entry in before:
        if not entry["met"]:
            why = entry.get("why", "no reason given")
            yield Trouble(entry.t, f"the steady state did not hold at the start: {why}", is_cause=True)


def _activities(evidence: Evidence) -> Iterator[Trouble]:
    planned = evidence.last("run.planned")
    if planned is None:
        return
    ended = evidence.of("activity.ended")
    for entry in ended:
        if entry["status"] != "succeeded" and entry.get("cannot_tell"):
            # Nobody's fault, and no doubt about what was found elsewhere: but this run cannot pass.
            yield Trouble(_end(evidence), f"{entry['name']}: {entry.get('why')}", is_cause=True)
        elif entry["status"] != "succeeded":
            why = entry.get("why") or "no reason given"
            yield Trouble(entry.t, f"{entry['name']} could not be carried out: {why}", is_cause=True)
        elif entry.get("type") == "action" and entry.get("output") is False:
            yield Trouble(entry.t, f"{entry['name']} answered that it did nothing", is_cause=True)
    missing = [
        f"{name} ({phase})"
        for phase in ("method", "rollback")
        for name in planned[phase]
        if name not in {entry["name"] for entry in ended if entry["phase"] == phase}
    ]
    if missing:
        more = f" and {len(missing) - 1} more were" if missing[1:] else " was"
        yield Trouble(_end(evidence), f"{missing[0]}{more} never carried out")
    if planned["hypothesis"] and not [e for e in evidence.of("hypothesis.ended") if e["when"] == "after"]:
        yield Trouble(_end(evidence), "the steady state was not checked after the fault")


def _faults(evidence: Evidence) -> Iterator[Trouble]:
    planned = evidence.last("run.planned")
    seen = evidence.of("fault.seen")
    for fault in planned["faults"] if planned else ():
        if fault not in {entry["fault"] for entry in seen}:
            order = evidence.last("fault.ordered", fault=fault)
            since = order.t if order else _end(evidence)
            yield Trouble(since, f"{fault} was never seen in force on the data path", is_cause=order is not None)
    for entry in seen:
        if not _cleared(evidence, entry):
            yield Trouble(_end(evidence), f"{entry['fault']} was never seen cleared on the data path")


def _cleared(evidence: Evidence, seen: Entry) -> bool:
    return any(
        entry.t > seen.t and entry["fault"] == seen["fault"] and entry.get("lease") in (None, seen.get("lease"))
        for entry in evidence.of("fault.cleared_seen")
    )
