"""A run's folder, read once: its verdict, its evidence, and what Chaos Toolkit wrote."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import evidence
from harness.errors import BadInput
from harness.evidence import Entry, Evidence
from harness.verdict import judge
from reports.model import Clock, Source


@dataclass(frozen=True)
class Record:
    """One run as it lies on disk; `verdict` has the keys of verdict.json. Redacted once more while reading."""

    run: str
    verdict: Mapping[str, Any]
    evidence: Evidence
    journal: Mapping[str, Any]
    clock: Clock
    end: int

    def of(self, *kinds: str, source: str | None = None) -> list[Entry]:
        """The entries of these kinds in order of time."""
        return self.evidence.of(*kinds, source=source)


def read(folder: Path) -> Record:
    """Read `runs/<id>`. Without a verdict (the run was killed) its evidence is judged; without both, `BadInput`."""
    if not folder.is_dir():
        raise BadInput(f"run {folder}", "the folder of a run, runs/<id>", "no such folder")
    found = _redacted(evidence.read(folder / "evidence"))
    started = found.last("run.started")
    # A verdict that was judged afterwards knows only what the evidence says of the run.
    verdict = {**(started.fields if started else {}), **(_json(folder / "verdict.json") or _judged(folder, found))}
    clock = _clock(folder, verdict, found)
    return Record(folder.resolve().name, verdict, found, _json(folder / "journal.json"), clock, _end(verdict, found))


def sources(record: Record) -> tuple[Source, ...]:
    """Each evidence file with its lines."""
    lines = Counter(entry.source for entry in record.evidence.entries)
    names = sorted({*lines, *record.evidence.unclosed})
    return tuple(Source(name, lines[name], name not in record.evidence.unclosed) for name in names)


def _redacted(found: Evidence) -> Evidence:
    return replace(
        found, entries=tuple(replace(entry, fields=evidence.redact(entry.fields)) for entry in found.entries)
    )


def _json(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"{path.name} of run {path.parent.name}", "JSON", str(error)) from None
    if not isinstance(found, dict):
        raise BadInput(f"{path.name} of run {path.parent.name}", "a JSON object", type(found).__name__)
    return dict(evidence.redact(found))


def _judged(folder: Path, found: Evidence) -> dict[str, Any]:
    """What verdict.json would hold of a run that ended before it was written."""
    if not found.entries:
        raise BadInput(f"run {folder}", "verdict.json or evidence/*.jsonl", "neither")
    judgement = judge(found).as_json()
    reasons = ["the run ended before it was judged; this review judged what evidence it left", *judgement["reasons"]]
    return {**judgement, "verdict": str(judgement["verdict"]), "reasons": reasons}


def _clock(folder: Path, verdict: Mapping[str, Any], found: Evidence) -> Clock:
    up = found.last("world.up")
    first = found.entries[0].t if found.entries else int(verdict.get("t_started") or 0)
    zero = up.t if up else first
    t, wall = _anchor(folder) or (int(verdict.get("t_started") or zero), str(verdict.get("started") or "1970-01-01"))
    at = datetime.fromisoformat(wall)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    clock = Clock(t, at, 1.0)
    return Clock(zero, clock.wall(clock.seconds(zero)), float(verdict.get("time_scale") or 1.0))


def _anchor(folder: Path) -> tuple[int, str] | None:
    """One moment in both clocks: the first line of evidence that can be read."""
    for path in sorted((folder / "evidence").glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as file:
            try:
                line = json.loads(file.readline())
                return int(line["t"]), str(line["wall"])
            except (ValueError, KeyError, TypeError):
                continue
    return None


def _end(verdict: Mapping[str, Any], found: Evidence) -> int:
    """The last thing the experiment did, so that the end of the world is not taken for an outage."""
    last = [e.t for e in found.of("activity.ended", "hypothesis.ended", "fault.cleared_seen", "guard.breach")]
    if last:
        return max(last)
    return int(verdict.get("t_ended") or (found.entries[-1].t if found.entries else 0))
