"""Evidence -> what was broken when: each fault with its scope, proof, clearing and how much it touched. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.evidence import Entry
from reports.model import Fault
from reports.paths import is_on_network, measured, order_in_words
from reports.record import Record

KINDS = ("fault.ordered", "fault.seen", "fault.clear_ordered", "fault.cleared_seen")
# What services send each other: no agent has a part in it.
DELIVERIES = ("/eventbridge", "/api/v2/write", "/alert")
WIRE_KINDS = ("fault.armed", "fault.touched", "fault.disarmed")


def faults(record: Record) -> tuple[Fault, ...]:
    """Every fault that was ordered or armed, in order of time."""
    leases: dict[str, list[Entry]] = {}
    for entry in record.of(*KINDS, *WIRE_KINDS):
        name = entry.get("lease") or entry.get("id")
        leases.setdefault(str(name or entry.get("fault")), []).append(entry)
    for fault, entries in list(leases.items()):
        # A clearing that names no lease clears whatever lease its fault had.
        owners = [name for name, of in leases.items() if name != fault and of[0].get("fault") == fault]
        if owners and entries[0].get("lease") is None and entries[0].get("id") is None:
            for owner in owners:
                leases[owner] = sorted([*leases[owner], *entries], key=lambda entry: entry.t)
            del leases[fault]
    found = [_fault(record, name, entries) for name, entries in leases.items()]
    return tuple(sorted(found, key=lambda fault: fault.start))


def never_ordered(record: Record) -> tuple[str, ...]:
    """The faults that the experiment planned and that nobody ordered."""
    planned = record.evidence.last("run.planned")
    known = {entry.get("fault") for entry in record.of(*KINDS, *WIRE_KINDS)}
    return tuple(str(fault) for fault in (planned.get("faults") or () if planned else ()) if fault not in known)


def _fault(record: Record, name: str, entries: list[Entry]) -> Fault:
    at = {entry.kind: record.clock.seconds(entry.t) for entry in reversed(entries)}
    by_kind = {entry.kind: entry for entry in entries}
    touches = [entry for entry in entries if entry.kind == "fault.touched"]
    wanted = _wanted(by_kind)
    canaries = set((wanted.get("scope") or {}).get("always") or ())
    crowd = {entry.agent for entry in touches if entry.agent} - canaries
    end = _first(at, "fault.disarmed", "fault.cleared_seen", "fault.clear_ordered")
    fault = str(entries[0].get("fault"))
    on_wire = "fault.armed" in by_kind
    asked: Mapping[str, Any] = wanted.get("parameters") or {}
    path: tuple[str, ...] = ()
    scope, parameters = scope_in_words(wanted.get("scope") or {}), parameters_in_words(asked)
    if "fault.ordered" in by_kind and is_on_network(asked):
        scope, parameters = order_in_words(asked)
        path = _measured(record, by_kind["fault.ordered"])
    elif "scope" not in wanted and record.of("cloud.feed.sent"):
        scope = "the tracker"
    return Fault(
        fault=fault,
        lease=None if name == fault else name,
        scope=scope,
        parameters=parameters,
        ordered=at.get("fault.ordered"),
        seen=at.get("fault.seen"),
        clear_ordered=at.get("fault.clear_ordered"),
        cleared=at.get("fault.cleared_seen"),
        start=_first(at, "fault.armed", "fault.seen", "fault.ordered") or 0.0,
        end=end if end is not None else record.clock.seconds(record.end),
        ended_by=str(by_kind["fault.disarmed"].get("why")) if "fault.disarmed" in by_kind else "",
        touched=len(touches) if on_wire or touches else None,
        agents_touched=len(crowd),
        proof=in_words(by_kind["fault.seen"].get("found")) if "fault.seen" in by_kind and not path else "",
        measured=path,
    )


def _measured(record: Record, ordered: Entry) -> tuple[str, ...]:
    """What was measured on the network until the same fault was ordered anew."""
    fault = str(ordered["fault"])
    later = [entry.t for entry in record.of("fault.ordered") if entry["fault"] == fault and entry.t > ordered.t]
    return measured(record.of("path.measured"), fault, ordered.t, min(later, default=None))


def _wanted(by_kind: Mapping[str, Entry]) -> Mapping[str, Any]:
    """Scope and parameters, by the wire's own word, else as they were ordered."""
    if "fault.armed" in by_kind:
        return by_kind["fault.armed"].fields
    for kind in ("fault.ordered", "fault.seen"):
        expected = by_kind[kind].get("expected") if kind in by_kind else None
        if isinstance(expected, Mapping):
            return expected if {"scope", "parameters"} & set(expected) else {"parameters": expected}
    return {}


def _first(at: Mapping[str, float], *kinds: str) -> float | None:
    return next((at[kind] for kind in kinds if kind in at), None)


def scope_in_words(scope: Mapping[str, Any]) -> str:
    """Whom a fault touches, as a person would say it."""
    if not scope:
        return "not recorded"
    if str(scope.get("path", "")).strip("*") in DELIVERIES:
        return f"deliveries to {scope['path']}"
    agents, share = scope.get("agents") or (), float(scope.get("share", 1.0))
    if agents:
        words = [f"{len(agents)} named agent{'s' if len(agents) != 1 else ''}"]
    else:
        words = ["all agents" if share == 1.0 else f"{share:.0%} of the agents"]
    if scope.get("path", "*") != "*":
        words.append(f"path {scope['path']}")
    if scope.get("topic", "*") != "*":
        words.append(f"topic {scope['topic']}")
    if scope.get("direction", "both") != "both":
        words.append(str(scope["direction"]).replace("_", " "))
    return ", ".join(words)


def parameters_in_words(parameters: Mapping[str, Any]) -> str:
    """`delay_ms 200, jitter_ms 20`."""
    return ", ".join(f"{name} {in_words(value)}" for name, value in parameters.items())


def in_words(value: Any) -> str:
    """A JSON value on one line, without the brackets that only a machine needs."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.10g}" if value == int(value) else f"{value:.3f}".rstrip("0")
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {in_words(item)}" for key, item in value.items() if item not in (None, ""))
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(in_words(item) for item in value)
    return str(value)
