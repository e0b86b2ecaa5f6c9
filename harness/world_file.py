"""What a person's world file holds: harness.org reads the org of it, harness.foreign the tracker."""

import json
from pathlib import Path
from typing import Any

from harness.errors import BadInput


def read_world_file(path: Path) -> dict[str, Any]:
    """The JSON object in it. `BadInput` for a file that cannot be read or holds something else."""
    try:
        found = json.loads(path.read_text())
    except OSError as error:
        raise BadInput(f"world file {path}", "a file that can be read", error.strerror) from None
    except ValueError as error:
        raise BadInput(f"world file {path}", "JSON", str(error)) from None
    if not isinstance(found, dict):
        raise BadInput(f"world file {path}", "a JSON object", type(found).__name__)
    return found
