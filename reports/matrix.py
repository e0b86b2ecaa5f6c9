"""`python -m reports.matrix MATRIX.json`: write the proof matrix as one HTML page beside it, and print the path.

The matrix has what each experiment said about each thing planted (nothing, a defect, a sabotaged fault), run by run:
`{"seeds", "rows": [{"experiment", "plant", "expected", "probe", "runs": [{"seed", "verdict", "caught_by", "reason",
"seconds", "folder"}]}], "started", "ended", "versions"}`.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput, DeskstormError
from harness.evidence import redact
from reports.render import environment

HEALTHY = "healthy"
SABOTAGE = "sabotage:"


@dataclass(frozen=True)
class Shown:
    """One run of a row; `holds` says whether it is what was claimed."""

    seed: int
    verdict: str
    caught_by: tuple[str, ...]
    reason: str
    seconds: float
    folder: str
    holds: bool


@dataclass(frozen=True)
class Row:
    """One experiment against one thing planted."""

    experiment: str
    plant: str
    expected: str
    probe: str | None
    runs: tuple[Shown, ...]

    @property
    def kind(self) -> str:
        """`healthy`, `sabotage` or `defect`."""
        return HEALTHY if self.plant == HEALTHY else "sabotage" if self.plant.startswith(SABOTAGE) else "defect"

    @property
    def held(self) -> int:
        """How many runs said what was claimed."""
        return sum(run.holds for run in self.runs)

    @property
    def proved(self) -> bool:
        """Whether there were runs, and each said what was claimed."""
        return bool(self.runs) and self.held == len(self.runs)

    def caught(self) -> list[tuple[str, int]]:
        """Each question that failed, with how often, the intended one first."""
        names = [name for run in self.runs for name in dict.fromkeys(run.caught_by)]
        return sorted({(name, names.count(name)) for name in names}, key=lambda c: (c[0] != self.probe, -c[1], c[0]))


@dataclass(frozen=True)
class Matrix:
    """The whole proof."""

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    started: str
    ended: str
    versions: dict[str, str]

    def experiments(self) -> dict[str, list[Row]]:
        """The rows of each experiment, healthy first, then defects, then sabotage."""
        order = {HEALTHY: 0, "defect": 1, "sabotage": 2}
        found: dict[str, list[Row]] = {}
        for row in sorted(self.rows, key=lambda row: (row.experiment, order[row.kind], row.plant)):
            found.setdefault(row.experiment, []).append(row)
        return found

    def of(self, kind: str) -> list[Row]:
        """All rows of one kind."""
        return [row for row in self.rows if row.kind == kind]

    def runs(self, kind: str) -> int:
        """How many runs there were of one kind."""
        return sum(len(row.runs) for row in self.of(kind))

    def held(self, kind: str) -> int:
        """How many of those said what was claimed."""
        return sum(row.held for row in self.of(kind))

    def false_alarms(self) -> list[tuple[Row, Shown]]:
        """Every run on the healthy crowd that was not PASS."""
        return [(row, run) for row in self.of(HEALTHY) for run in row.runs if not run.holds]


def read(path: Path) -> Matrix:
    """Read a matrix; `BadInput` says what is wrong with it."""
    try:
        found = redact(json.loads(path.read_text(encoding="utf-8")))
        return Matrix(
            rows=tuple(_row(row) for row in found["rows"]),
            seeds=tuple(found.get("seeds") or ()),
            started=str(found.get("started") or ""),
            ended=str(found.get("ended") or ""),
            versions={str(k): str(v) for k, v in (found.get("versions") or {}).items()},
        )
    except OSError as error:
        raise BadInput(f"matrix {path}", "a file that can be read", error.strerror) from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadInput(f"matrix {path}", "JSON with rows of runs", str(error)) from None


def html(matrix: Matrix) -> str:
    """The page."""
    return environment().get_template("matrix.html.j2").render(matrix=matrix, experiments=matrix.experiments())


def _row(given: Mapping[str, Any]) -> Row:
    expected, probe = str(given["expected"]), given.get("probe")
    runs = tuple(_run(run, expected, probe) for run in given["runs"])
    return Row(str(given["experiment"]), str(given["plant"]), expected, probe, runs)


def _run(given: Mapping[str, Any], expected: str, probe: str | None) -> Shown:
    caught = tuple(str(name) for name in given.get("caught_by") or ())
    holds = str(given["verdict"]) == expected and (probe is None or probe in caught)
    return Shown(
        seed=int(given["seed"]),
        verdict=str(given["verdict"]),
        caught_by=caught,
        reason=str(given.get("reason") or ""),
        seconds=float(given.get("seconds") or 0),
        folder=str(given.get("folder") or ""),
        holds=holds,
    )


def main(words: list[str] | None = None) -> int:
    """0 when the page is written, 2 with one line on stderr when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m reports.matrix", description="Write the proof matrix as a page.")
    parser.add_argument("matrix", type=Path, help="the JSON that `deskstorm prove` wrote")
    path: Path = parser.parse_args(words).matrix
    page = path.parent / "matrix.html"
    try:
        page.write_text(html(read(path)), encoding="utf-8")
    except DeskstormError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except OSError as error:
        sys.stderr.write(f"{page}: expected a folder that can be written, found {error.strerror}\n")
        return 2
    sys.stdout.write(f"{page}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
