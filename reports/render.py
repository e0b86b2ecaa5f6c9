"""A review -> its files: one HTML page that needs nothing else, JSON with the same content, and JUnit XML."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reports.distribution import distribution
from reports.faults import in_words
from reports.junit import junit
from reports.model import Question, Review
from reports.timeline import timeline

NEVER = 999_999.0  # what a probe answers for what never ended
LONG = 160
PHASES = {
    "before": "Steady state before the fault",
    "method": "While the fault was in force, and after it",
    "during": "Steady state during the method",
    "after": "Steady state after the fault",
    "rollback": "Rollbacks",
    "guard": "Kill switch",
}


def environment() -> Environment:
    """Our templates, everything that they are given escaped."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["seconds"] = seconds
    made.filters["value"] = value
    made.filters["pretty"] = lambda found: json.dumps(found, indent=1, default=str, ensure_ascii=False)
    made.filters["is_long"] = lambda found: len(value(found)) > LONG
    made.filters["activity"] = activity
    made.filters["phrase"] = lambda name: str(name).replace("_", " ")
    return made


def seconds(found: float | None) -> str:
    """`12.3 s`, or a dash for what never was."""
    return "–" if found is None else f"{found:,.1f} s"  # noqa: RUF001


def value(found: Any) -> str:
    """What a probe found, on one line."""
    if found is None:
        return "nothing"
    if not isinstance(found, bool) and isinstance(found, int | float) and found >= NEVER:
        return "never"
    return in_words(found) or ("none" if isinstance(found, list | tuple | dict) else "empty")


def activity(function: str) -> str:
    """`probes.x.x` as `probes.x`: the file is named as its function."""
    module, _, name = function.rpartition(".")
    return module if module.rpartition(".")[2] == name else function


def html(review: Review) -> str:
    """The page."""
    page = environment().get_template("review.html.j2")
    chart = distribution(review.recoveries) if review.recoveries else None
    return page.render(review=review, drawing=timeline(review), chart=chart, asked=by_phase(review))


def by_phase(review: Review) -> list[tuple[str, list[Question]]]:
    """The questions in groups, in the order in which the phases were reached."""
    groups: dict[str, list[Question]] = {}
    for question in sorted(review.questions, key=lambda question: question.at or 0.0):
        groups.setdefault(PHASES.get(question.phase, question.phase), []).append(question)
    return list(groups.items())


def as_json(review: Review) -> str:
    """The same content for machines."""
    return json.dumps(asdict(review), indent=1, default=_plain, ensure_ascii=False) + "\n"


def write(review: Review, folder: Path) -> list[Path]:
    """Write `review.html`, `review.json` and `junit.xml` into `folder` and return their paths."""
    made = {"review.html": html(review), "review.json": as_json(review), "junit.xml": junit(review)}
    for name, text in made.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in made]


def _plain(found: object) -> str:
    return found.isoformat() if isinstance(found, datetime) else str(found)
