"""What a crowd is started with, read from one JSON file; unknown and missing keys are refused by name."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from harness.errors import BadInput


@dataclass(frozen=True)
class AgentSettings:
    """A test agent; `refresh_token` starts its session."""

    id: str
    name: str
    refresh_token: str


@dataclass(frozen=True)
class CrowdSettings:
    """One crowd. Seconds are real-world seconds, scaled by `time_scale`.

    `defect` is planted in every desktop. With `forbidden_topic` each desktop also wants a topic that agents may not
    have. Without `auto_wrapup_s` agents write their wrap-up by hand. `presence` is where agents go after the log-in.
    With `namespace` all their sockets live in that network namespace; `name` tells several crowds apart.
    """

    agents: tuple[AgentSettings, ...]
    api: str
    login: str
    desktop_client_id: str
    evidence: str
    store: str
    queue_id: str
    proxy: str | None = None
    ca: str | None = None
    time_scale: float = 1.0
    seed: int = 0
    defect: str | None = None
    forbidden_topic: bool = False
    auto_answer_s: float = 2.0
    auto_wrapup_s: float | None = None
    stagger_s: float = 1.0
    presence: str = "On Queue"
    name: str = "crowd"
    namespace: str | None = None

    @classmethod
    def read(cls, path: Path) -> "CrowdSettings":
        """Read the settings file at `path`; raises `BadInput`."""
        try:
            given = json.loads(path.read_text())
        except OSError as error:
            raise BadInput(f"settings file {path}", "a file that can be read", error.strerror) from None
        except ValueError as error:
            raise BadInput(f"settings file {path}", "JSON", str(error)) from None
        if not isinstance(given, dict):
            raise BadInput(f"settings file {path}", "a JSON object", type(given).__name__)
        return cls.from_json(given)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "CrowdSettings":
        """Read settings from JSON values; raises `BadInput` that names the key."""
        _check_keys(cls, given, "crowd settings")
        agents = given["agents"]
        if not isinstance(agents, list) or not agents:
            raise BadInput("agents", "a list of at least one agent", agents)
        for agent in agents:
            if not isinstance(agent, dict):
                raise BadInput("agents", "JSON objects", agent)
            _check_keys(AgentSettings, agent, "agents")
        settings = cls(**{**given, "agents": tuple(AgentSettings(**agent) for agent in agents)})
        settings.check()
        return settings

    def check(self) -> None:
        """Raise `BadInput` for a value that makes no sense."""
        for name in ("api", "login", "evidence", "store", "queue_id", "desktop_client_id", "name"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise BadInput(name, "a text", getattr(self, name))
        if not _is_number(self.time_scale) or not 0 < self.time_scale <= 1:
            raise BadInput("time_scale", "a number above 0 and at most 1", self.time_scale)
        for name in ("auto_answer_s", "stagger_s", "auto_wrapup_s"):
            found = getattr(self, name)
            if (name != "auto_wrapup_s" and found is None) or (
                found is not None and not (_is_number(found) and found >= 0)
            ):
                raise BadInput(name, "seconds, 0 or more", found)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _check_keys(kind: type, given: Mapping[str, Any], what: str) -> None:
    known = {f.name: f for f in fields(kind)}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadInput(what, f"keys of {sorted(known)}", unknown)
    missing = sorted(name for name, f in known.items() if f.default is MISSING and name not in given)
    if missing:
        raise BadInput(what, f"the keys {missing}", sorted(given))
