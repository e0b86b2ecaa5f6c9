"""Checks of what a person wrote as a parameter, before anything is touched."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.errors import BadInput


def number(what: str, found: object, low: float, high: float) -> float:
    """`found` as a number from `low` to `high`; anything else is `BadInput`, text that looks like a number included."""
    if isinstance(found, bool) or not isinstance(found, int | float) or not low <= found <= high:
        raise BadInput(what, f"a number from {low:g} to {high:g}", found)
    return float(found)


def whole(what: str, found: object, low: int, high: int) -> int:
    """`found` as a whole number from `low` to `high`."""
    if isinstance(found, bool) or not isinstance(found, int) or not low <= found <= high:
        raise BadInput(what, f"a whole number from {low} to {high}", found)
    return found


def flag(what: str, found: object) -> bool:
    """`found` if it is true or false."""
    if not isinstance(found, bool):
        raise BadInput(what, "true or false", found)
    return found


def one_of(what: str, found: object, allowed: Iterable[str]) -> str:
    """`found` if it is one of the `allowed` words."""
    words = tuple(allowed)
    if found not in words:
        raise BadInput(what, f"one of {', '.join(words)}", found)
    return str(found)


def line(what: str, found: object, longest: int = 120) -> str:
    """`found` if it is one line of text of at most `longest` characters."""
    if not isinstance(found, str) or len(found) > longest or "\n" in found:
        raise BadInput(what, f"one line of at most {longest} characters", found)
    return found


def keys(what: str, found: object, allowed: Iterable[str]) -> dict[str, Any]:
    """`found` as a dictionary with none but the `allowed` keys; None is an empty one."""
    words = tuple(allowed)
    if found is None:
        return {}
    if not isinstance(found, Mapping) or (unknown := set(found) - set(words)):
        raise BadInput(
            what, f"keys of {', '.join(words)}", sorted(map(str, unknown)) if isinstance(found, Mapping) else found
        )
    return dict(found)
