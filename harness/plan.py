"""What an experiment plans to ask and to break, in the words of its own file. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

INJECTION = re.compile(r"^inject_(\w+)$")


@dataclass(frozen=True)
class Plan:
    """The names of the activities of each phase, the faults that must be seen in force and cleared, and the
    observations: the name of each and its real-world seconds."""

    hypothesis: tuple[str, ...]
    method: tuple[str, ...]
    rollback: tuple[str, ...]
    faults: tuple[str, ...]
    observations: tuple[tuple[str, float], ...] = ()


def plan_of(experiment: Mapping[str, Any]) -> Plan:
    """The plan of a Chaos Toolkit experiment."""
    method = [activity for activity in experiment.get("method", ()) if isinstance(activity, Mapping)]
    return Plan(
        hypothesis=tuple(_names(experiment.get("steady-state-hypothesis", {}).get("probes", ()))),
        method=tuple(_names(method)),
        rollback=tuple(_names(experiment.get("rollbacks", ()))),
        faults=tuple(dict.fromkeys(_faults(method))),
        observations=tuple(_observations(method)),
    )


def function_of(activity: Mapping[str, Any]) -> str:
    """The dotted name of what an activity calls, `module.func`; empty for others than Python."""
    provider = activity.get("provider", {})
    return f"{provider.get('module')}.{provider.get('func')}" if provider.get("type") == "python" else ""


def tolerance_in_words(tolerance: Any) -> str | None:
    """What a tolerance allows, as a person would say it; None where there is none."""
    if tolerance is None:
        return None
    if isinstance(tolerance, Mapping):
        kind = tolerance.get("type")
        if kind == "range":
            low, high = tolerance.get("range", (None, None))
            return f"{low:g}" if low == high else f"from {low:g} to {high:g}"
        return f"{kind} {tolerance.get('pattern') or tolerance.get('path') or tolerance.get('func') or ''}".strip()
    if isinstance(tolerance, list):
        return " or ".join("none" if item == [] else str(item) for item in tolerance)
    return str(tolerance)


def _names(activities: Any) -> Iterator[str]:
    for activity in activities:
        yield str(activity.get("name") or activity.get("ref"))


def _faults(method: list[Mapping[str, Any]]) -> Iterator[str]:
    for activity in method:
        found = INJECTION.match(str(activity.get("provider", {}).get("func", "")))
        if found:
            yield found.group(1)


def _observations(method: list[Mapping[str, Any]]) -> Iterator[tuple[str, float]]:
    for activity in method:
        if function_of(activity) == "actions.observe.observe":
            seconds = activity["provider"].get("arguments", {}).get("seconds", 0)
            yield str(activity.get("name")), float(seconds) if isinstance(seconds, int | float) else 0.0
