"""Evidence -> what kept the run safe: guard conditions with the most seen, and how each lease ended. Pure."""

from collections.abc import Mapping
from typing import Any

from harness.errors import BadInput
from harness.keeping.guard import DEFAULTS, conditions_of
from harness.keeping.guard import Condition as Rule
from reports.model import Condition, LeaseRecord
from reports.record import Record


def conditions(record: Record) -> tuple[Condition, ...]:
    """Every guard condition of the run, with the most that was noted; none if nothing was sampled."""
    samples = record.of("guard.sample")
    breaches = {str(entry.get("condition")): entry for entry in record.of("guard.breach")}
    if not samples and not breaches:
        return ()
    found = []
    for rule in _rules(record.journal):
        breach = breaches.pop(str(rule), None)
        entries = [(entry.get(str(rule.measure)), entry.t) for entry in samples]
        values = [(float(value), t) for value, t in entries if isinstance(value, int | float)]
        if breach is not None:
            values.append((float(breach["found"]), breach.t))
        most, t = max(values, default=(None, 0))
        at = None if most is None else record.clock.seconds(t)
        limit = f"above {rule.limit:g} for {rule.for_s:g} s"
        found.append(Condition(str(rule.measure), limit, most, at, breach is not None, len(values)))
    for name, entry in breaches.items():
        at = record.clock.seconds(entry.t)
        found.append(Condition(name, f"above {entry.get('limit')}", float(entry["found"]), at, True, 1))
    return tuple(found)


def _rules(journal: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The experiment's own conditions as the journal has them, else the defaults."""
    for extension in (journal.get("experiment") or {}).get("extensions") or ():
        if extension.get("name") == "deskstorm" and extension.get("guard") is not None:
            try:
                return conditions_of(extension["guard"])
            except BadInput:
                break
    return DEFAULTS


def leases(record: Record) -> tuple[LeaseRecord, ...]:
    """Every lease in order of time, and whether it was given back or undone by the keeper."""
    found: dict[str, LeaseRecord] = {}
    for entry in record.of("lease.held", "lease.released", "lease.undone"):
        name, at = str(entry.get("lease")), record.clock.seconds(entry.t)
        held = found.get(name)
        fault = str(entry.get("fault") or (held.fault if held else ""))
        start = held.held if held else None
        if entry.kind == "lease.held":
            found[name] = LeaseRecord(name, fault, at, None, "still held", None)
        elif entry.kind == "lease.undone":
            verified = entry.get("verified")
            how = f"undone by the keeper: {entry.get('why')}"
            found[name] = LeaseRecord(name, fault, start, at, how, None if verified is None else bool(verified))
        elif not (held and held.ended):
            found[name] = LeaseRecord(name, fault, start, at, "released in order", None)
    return tuple(found.values())
