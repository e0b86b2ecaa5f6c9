"""Whom a fault touches: the plain type that actions write and addons read."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from harness.errors import BadInput

# Whose traffic on the wire that with client credentials is: agents have tokens of their own.
TRACKER = "tracker"


class Direction(StrEnum):
    """Which way a message travels."""

    BOTH = "both"
    TO_DESKTOP = "to_desktop"
    TO_CLOUD = "to_cloud"


@dataclass(frozen=True)
class Scope:
    """Agents by id, or a seeded share of them; paths and topics as shell patterns (`*` matches any).

    `always` names agents that are touched whatever the share says: the canary, whose own traffic proves
    that the fault is in force. A flow whose agent is not known yet is touched only by `share` 1.0 without `agents`.
    """

    agents: tuple[str, ...] = ()
    share: float = 1.0
    path: str = "*"
    topic: str = "*"
    direction: Direction = Direction.BOTH
    always: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise BadInput("share", "a number above 0 and at most 1", self.share)
        if not self.path or not self.topic:
            raise BadInput("scope", "a non-empty pattern for path and topic", {"path": self.path, "topic": self.topic})

    def covers_agent(self, agent: str | None, seed: int) -> bool:
        """Whether `agent` is touched; the same seed picks the same agents."""
        if agent is None:
            return not self.agents and self.share == 1.0
        if agent in self.always:
            return True
        if self.agents:
            return agent in self.agents
        digest = hashlib.sha256(f"{seed}:{agent}".encode()).digest()
        return int.from_bytes(digest[:8], "big") < self.share * 2**64

    def covers_path(self, path: str) -> bool:
        """Whether the URL path (no query) matches."""
        return fnmatchcase(path, self.path)

    def covers_topic(self, topic: str) -> bool:
        """Whether the notification topic matches."""
        return fnmatchcase(topic, self.topic)

    def covers_direction(self, direction: Direction) -> bool:
        """Whether a message that travels in `direction` is touched."""
        return self.direction in (Direction.BOTH, direction)

    def as_json(self) -> dict[str, Any]:
        """The scope as plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Scope":
        """Read a scope from JSON values; unknown keys and wrong types are refused by name."""
        unknown = set(given) - {field.name for field in fields(cls)}
        if unknown:
            raise BadInput("scope", f"keys of {sorted(f.name for f in fields(cls))}", sorted(unknown))
        try:
            return cls(
                agents=tuple(str(agent) for agent in given.get("agents", ())),
                share=float(given.get("share", 1.0)),
                path=str(given.get("path", "*")),
                topic=str(given.get("topic", "*")),
                direction=Direction(given.get("direction", Direction.BOTH)),
                always=tuple(str(agent) for agent in given.get("always", ())),
            )
        except (TypeError, ValueError) as error:
            raise BadInput(
                "scope", "a share as a number and a direction of both, to_desktop, to_cloud", str(error)
            ) from None
