"""What a run is doing right now, read from its evidence while it is written: for the terminal."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MOST_NAMED = 3


@dataclass
class Progress:
    """The state of one run as its evidence tells it so far."""

    steps: int = 0
    done: int = 0
    doing: str = "starting the world"
    broken: dict[str, float] = field(default_factory=dict)  # fault -> monotonic second at which its lease ends
    down: set[str] = field(default_factory=set)
    to_observe: list[tuple[str, float]] = field(default_factory=list)
    since: float = 0.0  # monotonic second at which the current step began
    agents: int = 0

    def take(self, line: dict[str, Any]) -> None:
        """One more line of evidence, of any source."""
        kind = line.get("kind")
        if kind == "run.planned":
            self.steps = 2 * len(line["hypothesis"]) + len(line["method"]) + len(line["rollback"])
            self.to_observe = [(str(name), float(seconds)) for name, seconds in line.get("observations", ())]
        elif kind == "run.started":
            self.agents = int(line["agents"])
        elif kind == "activity.started":
            self.doing, self.since = str(line["name"]), line["t"] / 1e9
        elif kind == "activity.ended":
            self.done += 1
            if self.to_observe and self.to_observe[0][0] == line["name"]:
                self.to_observe.pop(0)
        elif kind == "lease.held":
            self.broken[str(line["fault"])] = line["t"] / 1e9 + float(line["seconds"])
        elif kind in ("fault.cleared_seen", "lease.undone"):
            self.broken.pop(str(line.get("fault")), None)
        elif kind == "desktop.banner":
            (self.down.discard if line["connected"] else self.down.add)(str(line["agent"]))

    def sentence(self) -> str:
        """What is being done, what is broken and for how long at most, who is down, how long it observes yet."""
        now = time.monotonic()
        step = f"step {min(self.done + 1, self.steps)}/{self.steps}: {self.doing}" if self.steps else self.doing
        broken = ", ".join(f"{fault} (at most {max(0, end - now):.0f} s more)" for fault, end in self.broken.items())
        parts = [step, f"broken: {broken}" if broken else "nothing broken", self._down()]
        left = self.left_s(now)
        return " | ".join([*parts, f"observing for {left:.0f} s more"] if left >= 1 else parts)

    def left_s(self, now: float) -> float:
        """Seconds of observation that are left, as planned."""
        left = sum(seconds for _, seconds in self.to_observe)
        observing = bool(self.to_observe) and self.to_observe[0][0] == self.doing
        return left - min(now - self.since, self.to_observe[0][1]) if observing else left

    def _down(self) -> str:
        if not self.down:
            return "all desktops up"
        names = ", ".join(agent[:8] for agent in sorted(self.down)[:MOST_NAMED])
        more = f" and {len(self.down) - MOST_NAMED} more" if len(self.down) > MOST_NAMED else ""
        return f"{len(self.down)} of {self.agents} desktops down: {names}{more}"


class Tail:
    """Reads what was appended to the evidence files of a folder since the last look."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, int] = {}

    def fresh(self) -> Iterator[dict[str, Any]]:
        """Each whole line that is new."""
        for path in sorted(self.folder.glob("*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read[path] = self._read.get(path, 0) + len(line)
                    yield json.loads(line)
