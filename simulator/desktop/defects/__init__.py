"""Real-life mistakes that can be planted in a desktop: one file each, found by walking this folder.

A file holds one class, `Defect`: a `Session` with one or a few small methods overridden. The first line of its
docstring is the symptom that a user would suffer, `seen_in` is who shipped it.
"""

import importlib
import pkgutil
from typing import ClassVar

from harness.errors import BadInput
from simulator.desktop.session import Session


class DefectiveSession(Session):
    """What every defect is."""

    seen_in: ClassVar[str]


def names() -> list[str]:
    """All defects, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def load(name: str) -> type[DefectiveSession]:
    """The session with the defect `name`; raises `BadInput` that lists what there is."""
    if name not in names():
        raise BadInput("defect", f"one of {names()}", name)
    found: type[DefectiveSession] = importlib.import_module(f"{__name__}.{name}").Defect
    return found


def listing() -> list[dict[str, str]]:
    """`[{name, symptom, seen_in}]` of all defects."""
    return [{"name": name, "symptom": symptom(load(name)), "seen_in": load(name).seen_in} for name in names()]


def symptom(defect: type[DefectiveSession]) -> str:
    """The first line of its docstring, without the full stop."""
    return (defect.__doc__ or "").strip().splitlines()[0].rstrip(".")
