"""Real-life mistakes that can be planted in the tracker: one file each, found by walking this folder.

The first line of a file's docstring is the symptom that a user would suffer, `SEEN_IN` is who shipped it, and
`plant(parts)` gives the parts back with one of them replaced.
"""

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType

from tracker.errors import BadInput
from tracker.events import Event
from tracker.ledger import Change, Ledger
from tracker.parts import Parts


class OneByOne(Ledger):
    """For defects of `apply`: what comes at once goes through it, too."""

    def apply_all(self, conversation: str, events: Sequence[Event]) -> list[Change]:
        """Each on its own."""
        return [self.apply(event) for event in events]


def names() -> list[str]:
    """All defects, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def plant(name: str, parts: Parts) -> Parts:
    """The parts with the defect `name`; raises `BadInput` that lists what there is."""
    planted: Parts = _module(name).plant(parts)
    return planted


def listing() -> list[dict[str, str]]:
    """`[{name, symptom, seen_in}]` of all defects."""
    return [{"name": name, "symptom": _symptom(name), "seen_in": _module(name).SEEN_IN} for name in names()]


def _module(name: str) -> ModuleType:
    if name not in names():
        raise BadInput("defect", f"one of {names()}", name)
    return importlib.import_module(f"{__name__}.{name}")


def _symptom(name: str) -> str:
    return (_module(name).__doc__ or "").strip().splitlines()[0].rstrip(".")
