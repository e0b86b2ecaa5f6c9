"""`python -m tracker [--settings FILE] [--defect NAME]`: one tracker, until SIGTERM, SIGINT, or its life line's end.

Without a file the settings are environment variables, `TRACKER_DATA=...`. One JSON line on stdout says where it
listens: `{"ready": "tracker", "url"}`; what was kept is replayed by then. Wrong settings: one line on stderr, exit 2.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tracker import defects, settings
from tracker.errors import BadInput
from tracker.parts import HEALTHY, Parts
from tracker.service.running import run
from tracker.settings import Settings
from tracker.store import StoreFailed

WRONG_INPUT = 2


def main(arguments: Sequence[str] | None = None, parts: Parts = HEALTHY) -> int:
    """Run one tracker, put together from `parts`; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tracker", description="Follows interactions through their queues.")
    parser.add_argument("--settings", type=Path, help="a JSON file; without it, environment variables TRACKER_...")
    parser.add_argument("--defect", help="plant a defect, to see whether experiments catch it")
    given = parser.parse_args(arguments)
    try:
        found = _settings(given.settings)
        if given.defect:
            found = replace(found, defect=given.defect)
        run(found, defects.plant(found.defect, parts) if found.defect else parts)
    except (BadInput, StoreFailed) as error:
        print(f"tracker: {error}", file=sys.stderr)
        return WRONG_INPUT
    return 0


def _settings(path: Path | None) -> Settings:
    return settings.read(path, os.environ) if path else settings.from_environment(os.environ)


if __name__ == "__main__":
    sys.exit(main())
