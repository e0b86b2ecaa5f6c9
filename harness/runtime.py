"""What an activity needs of the run it belongs to, found through Chaos Toolkit's configuration."""

import functools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import BadInput
from harness.evidence import EvidenceReader, EvidenceWriter
from harness.world import World

WORLD_KEY = "deskstorm_world"
SOURCE_VARIABLE = "DESKSTORM_EVIDENCE_SOURCE"


class Run:
    """One run as seen from this process: its world, this process' evidence file, and the evidence of all."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.evidence = evidence_of(world.evidence)
        self.reader = EvidenceReader(world.evidence)

    def scaled(self, seconds: float) -> float:
        """Real-world `seconds` in this world's time."""
        return seconds * self.world.time_scale

    def unscaled(self, seconds: float) -> float:
        """Seconds measured here as real-world seconds."""
        return seconds / self.world.time_scale


def run_of(configuration: Mapping[str, Any] | None) -> Run:
    """The run that `configuration` belongs to; the same object for each call in this process."""
    path = (configuration or {}).get(WORLD_KEY)
    if not path:
        raise BadInput(f"configuration {WORLD_KEY}", "the path of a running world (set by the deskstorm control)", path)
    return _run_at(str(path))


@functools.cache
def evidence_of(folder: Path) -> EvidenceWriter:
    """This process' one evidence file in `folder`."""
    return EvidenceWriter(folder, os.environ.get(SOURCE_VARIABLE, f"chaos-{os.getpid()}"))


@functools.cache
def _run_at(path: str) -> Run:
    return Run(World.read(Path(path)))
