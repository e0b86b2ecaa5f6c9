"""Append-only evidence: each process writes its own file of JSON lines, and reading says what is missing.

A line is `{"t", "wall", "source", "kind", "n", ...}`: `t` is CLOCK_MONOTONIC in nanoseconds (one host, one clock),
`wall` is ISO 8601 in UTC, `n` counts the lines of that file from 0 so that a lost line shows, and `agent` is there
where one is meant.
The last line of a file that was ended in order has kind `evidence.closed`.
"""

import json
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

CLOSED = "evidence.closed"
SECRET_KEYS = frozenset(
    {"access_token", "refresh_token", "client_secret", "authorization", "code_verifier", "password"}
)
# Bearer and Basic credentials, and long opaque values that follow a word for a secret.
SECRET_TEXT = re.compile(
    r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}"
    r"|\b(access_token|refresh_token|client_secret|code_verifier|password)([\"']?\s*[=:]\s*[\"']?)[^\s\"'&,}]+"
)
REDACTED = "[redacted]"


def redact(value: Any) -> Any:
    """`value` (JSON values) without tokens and secrets: by key, and inside text."""
    if isinstance(value, dict):
        return {key: REDACTED if str(key).lower() in SECRET_KEYS else redact(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    if isinstance(value, str):
        return SECRET_TEXT.sub(lambda found: f"{found.group(1) or found.group(2)} {REDACTED}", value)
    return value


@dataclass(frozen=True)
class Entry:
    """One line of evidence. `fields` are the keys that are not `t`, `wall`, `source`, `kind`, `n` or `agent`."""

    t: int
    source: str
    kind: str
    agent: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, key: str) -> Any:
        return self.fields[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The field `key`, or `default`."""
        return self.fields.get(key, default)


class EvidenceWriter:
    """Writes one process' evidence file; safe to call from several threads; every line is flushed at once.

    Of several processes that are the same source each has a `file` of its own.
    """

    def __init__(self, folder: Path, source: str, file: str | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.source = source
        self.path = folder / f"{file or source}.jsonl"
        self._file = self.path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self._written = 0

    def write(self, kind: str, *, agent: str | None = None, **fields: Any) -> None:
        """Append one line of `kind`; secrets in `fields` are redacted."""
        with self._lock:
            if self._file.closed:
                return
            line: dict[str, Any] = {
                "t": time.monotonic_ns(),
                "wall": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "source": self.source,
                "kind": kind,
                "n": self._written,
            }
            if agent is not None:
                line["agent"] = agent
            line.update(redact(fields))
            self._file.write(json.dumps(line, separators=(",", ":")) + "\n")
            self._file.flush()
            self._written += 1

    def close(self) -> None:
        """Write the closing line that says the file is whole; may be called twice."""
        self.write(CLOSED)
        with self._lock:
            self._file.close()


@dataclass(frozen=True)
class Evidence:
    """All evidence of a run in order of time, and what is wrong with it in words (empty if nothing)."""

    entries: tuple[Entry, ...]
    gaps: tuple[str, ...] = ()
    unclosed: tuple[str, ...] = ()

    def of(self, *kinds: str, source: str | None = None) -> list[Entry]:
        """The entries of these kinds, in order of time."""
        return [e for e in self.entries if e.kind in kinds and (source is None or e.source == source)]

    def last(self, kind: str, **fields: Any) -> Entry | None:
        """The newest entry of `kind` whose fields equal those given."""
        for entry in reversed(self.entries):
            if entry.kind == kind and all(entry.get(key) == value for key, value in fields.items()):
                return entry
        return None


def read(folder: Path) -> Evidence:
    """Read every `*.jsonl` of `folder`. A half-written last line is left out while its file is not closed."""
    return EvidenceReader(folder).read()


class EvidenceReader:
    """Reads one folder's evidence again and again, each line once; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._files: dict[Path, _File] = {}
        self._entries: list[Entry] = []

    def read(self) -> Evidence:
        """All evidence so far, as `read` finds it."""
        with self._lock:
            known = len(self._entries)
            for path in sorted(self._folder.glob("*.jsonl")):
                self._entries += self._files.setdefault(path, _File(path)).more()
            if len(self._entries) > known:
                self._entries.sort(key=attrgetter("t"))
            files = [self._files[path] for path in sorted(self._files)]
            gaps = tuple(file.gap for file in files if file.gap)
            return Evidence(tuple(self._entries), gaps, tuple(f.path.stem for f in files if f.last_kind != CLOSED))


class _File:
    """One file of lines, read up to somewhere; nothing after a line that cannot be read or is not the next."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.gap = ""
        self.last_kind = ""
        self._number = 0
        self._offset = 0

    def more(self) -> list[Entry]:
        """The entries of the whole lines that were added."""
        found: list[Entry] = []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if self.gap or not line.endswith(b"\n"):
                    break
                self._offset += len(line)
                entry = self._next(line)
                found += [entry] if entry else []
        return found

    def _next(self, line: bytes) -> Entry | None:
        try:
            found = json.loads(line.decode("utf-8", "replace"))
            entry = _entry(found)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.gap = f"{self.path.name} line {self._number + 1} cannot be read ({error})"
            return None
        if found.get("n") != self._number:
            self.gap = f"{self.path.name} line {self._number + 1} has number {found.get('n')}, expected {self._number}"
            return None
        self._number += 1
        self.last_kind = entry.kind
        return entry


def _entry(found: dict[str, Any]) -> Entry:
    rest = {key: value for key, value in found.items() if key not in ("t", "wall", "source", "kind", "n", "agent")}
    return Entry(int(found["t"]), str(found["source"]), str(found["kind"]), found.get("agent"), rest)


def agents_of(entries: Iterable[Entry]) -> list[str]:
    """The agents named in `entries`, sorted."""
    return sorted({entry.agent for entry in entries if entry.agent is not None})
