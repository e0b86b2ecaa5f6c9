"""`python -m reports RUN_FOLDER`: write the review of one run beside its evidence, and print the paths."""

import argparse
import sys
from pathlib import Path

from harness.errors import DeskstormError
from reports import record
from reports.render import write
from reports.review import review


def main(words: list[str] | None = None) -> int:
    """0 when the review is written, 2 with one line on stderr when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    parser.add_argument("run", type=Path, help="the folder of a run, runs/<id>")
    given = parser.parse_args(words)
    try:
        paths = write(review(record.read(given.run)), given.run)
    except DeskstormError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"run {given.run}: expected a folder that can be written, found {error.strerror}\n")
        return 2
    sys.stdout.write("".join(f"{path}\n" for path in paths))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
