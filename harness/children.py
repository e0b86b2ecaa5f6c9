"""Starting one of our own processes through the keeper, with its settings in a private file."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import DeskstormError
from harness.keeping.keeper import Holder


def start_child(
    keeper: Holder,
    name: str,
    module: str,
    settings: Mapping[str, Any],
    env: Mapping[str, str] | None = None,
    restarts: int = 0,
) -> dict[str, Any]:
    """Run `python -m module --settings FILE` as the child `name`; its ready line."""
    path = keeper.state / f"{name}.json"
    path.touch(mode=0o600)
    path.write_text(json.dumps(settings))
    argv = [sys.executable, "-m", module, "--settings", str(path)]
    ready = keeper.spawn(name, argv, env=env, restarts=restarts)
    if ready.get("ready") != name:
        raise DeskstormError(f"{name} did not come up: expected its ready line, found {ready}")
    return ready


def evidence_folder(keeper: Holder) -> Path:
    """Where the run's processes write."""
    return keeper.folder / "evidence"
