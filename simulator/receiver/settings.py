"""The settings file of a receiver."""

import json
from dataclasses import dataclass, fields
from pathlib import Path

from harness.errors import BadInput


@dataclass(frozen=True)
class ReceiverSettings:
    """`token` opens the store and the readings; at most `most_points` points are kept, the newest."""

    evidence: str
    token: str
    port: int = 0
    most_points: int = 100_000

    @classmethod
    def read(cls, path: Path) -> "ReceiverSettings":
        """Read and check the file; `BadInput` names what is wrong with it."""
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadInput(f"settings {path}", "a JSON file that can be read", str(error)) from None
        known = {item.name: item.type for item in fields(cls)}
        if not isinstance(found, dict) or set(found) - set(known) or {"evidence", "token"} - set(found):
            raise BadInput(f"settings {path}", f"evidence and token, and keys of {sorted(known)}", found)
        for key, value in found.items():
            if type(value) is not known[key]:
                raise BadInput(f"settings {key}", getattr(known[key], "__name__", ""), value)
        return cls(**found)
