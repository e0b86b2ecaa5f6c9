"""A run's record -> its review. Pure: the same record gives the same review."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from reports import agents as agent_lines
from reports.faults import faults, never_ordered
from reports.following import following
from reports.model import Activity, Phase, Question, Review
from reports.record import Record, sources
from reports.recovery import recoveries
from reports.safety import conditions, leases

PHASES = {"before": "steady state before", "method": "method", "after": "steady state after", "rollback": "rollbacks"}


def review(record: Record) -> Review:
    """Everything that a reader wants to know after the run."""
    known, given = agent_lines.tracks(record), record.verdict
    end = record.clock.seconds(record.end)
    broken = faults(record)
    names = agent_lines.labels(record, known)
    lines = tuple(agent_lines.line(agent, names[agent], track, 0.0, end) for agent, track in known.items())
    steps = activities(record)
    return Review(
        run=record.run,
        experiment=str(given.get("experiment") or record.run),
        title=str(given.get("title") or given.get("experiment") or record.run),
        description=str(given.get("description") or ""),
        verdict=str(given.get("verdict") or "VOID"),
        reasons=tuple(str(reason) for reason in given.get("reasons") or ()),
        started=str(given.get("started") or ""),
        ended=str(given.get("ended") or ""),
        wall_s=_wall_s(given),
        seed=given.get("seed"),
        time_scale=record.clock.scale,
        world=str(given.get("world") or "not recorded"),
        defect=given.get("defect") or None,
        sabotage=_names(given.get("sabotage")),
        repeat=str(given.get("repeat") or ""),
        versions={str(name): str(version) for name, version in (given.get("versions") or {}).items()},
        clock=record.clock,
        end=end,
        agents=lines,
        faults=broken,
        never_ordered=never_ordered(record),
        recoveries=recoveries(record, broken, known, lines),
        following=following(record),
        questions=questions(record),
        activities=steps,
        phases=phases(steps),
        guard=conditions(record),
        leases=leases(record),
        sources=sources(record),
        gaps=record.evidence.gaps,
        journal={key: record.journal[key] for key in ("status", "deviated") if key in record.journal},
    )


def questions(record: Record) -> tuple[Question, ...]:
    """Every finding of the verdict, in its order."""
    return tuple(
        Question(
            question=str(finding.get("question")),
            verdict=str(finding.get("verdict")),
            expected=str(finding.get("expected") or ""),
            found=finding.get("found"),
            phase=str(finding.get("phase") or ""),
            function=str(finding.get("function") or ""),
            at=record.clock.seconds(int(finding["t"])) if finding.get("t") else None,
        )
        for finding in record.verdict.get("findings") or ()
    )


def activities(record: Record) -> tuple[Activity, ...]:
    """Every step that was started, in order of time; one that never ended says so."""
    found: list[Activity] = []
    running: dict[tuple[str, str], list[int]] = {}
    for entry in record.of("activity.started", "activity.ended"):
        key, at = (str(entry.get("name")), str(entry.get("phase"))), record.clock.seconds(entry.t)
        if entry.kind == "activity.started":
            running.setdefault(key, []).append(len(found))
            found.append(Activity(key[0], str(entry.get("type") or ""), key[1], "never ended", at, 0.0, ""))
            continue
        index = running[key].pop(0) if running.get(key) else None
        start = at if index is None else found[index].start
        why = str(entry.get("why") or "")
        done = Activity(key[0], str(entry.get("type") or ""), key[1], str(entry.get("status")), start, at - start, why)
        if index is None:
            found.append(done)
        else:
            found[index] = done
    return tuple(found)


def phases(steps: tuple[Activity, ...]) -> tuple[Phase, ...]:
    """From the first to the last step of each phase."""
    found = []
    for phase, name in PHASES.items():
        of = [step for step in steps if step.phase == phase]
        if of:
            found.append(Phase(name, min(s.start for s in of), max(s.start + s.took_s for s in of)))
    return tuple(found)


def _names(given: Any) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(str(name) for name in given or ())


def _wall_s(given: Mapping[str, Any]) -> float | None:
    try:
        begun, ended = datetime.fromisoformat(str(given["started"])), datetime.fromisoformat(str(given["ended"]))
    except (KeyError, ValueError):
        return None
    return (ended - begun).total_seconds()
