"""InfluxDB's line protocol: `measurement,tag=value field=1.5,other=3i 1700000000000`, one point a line."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from harness.errors import BadInput

# Three parts between spaces that are neither escaped nor, among the fields, inside quotes.
LINE = re.compile(r'((?:\\.|[^ \\])+) +((?:\\.|"(?:\\.|[^"\\])*"|[^ "\\])+)(?: +(-?\d+))? *')
ENTRY = re.compile(r'((?:\\.|[^,=\\])+)=((?:"(?:\\.|[^"\\])*"|(?:\\.|[^,\\"])+))(?:,|$)')
# In a tag a quote is a character like others.
TAG = re.compile(r"((?:\\.|[^,=\\])+)=((?:\\.|[^,\\])+)(?:,|$)")
MEASUREMENT = re.compile(r"((?:\\.|[^,\\])+)(?:,|$)")
WHOLE = re.compile(r"-?\d+[iu]")
WORDS = {
    **dict.fromkeys(("t", "T", "true", "True", "TRUE"), True),
    **dict.fromkeys(("f", "F", "false", "False", "FALSE"), False),
}
# So many units of each precision, which a write may name, make a millisecond.
PRECISIONS = {"ns": 1e6, "us": 1e3, "ms": 1.0, "s": 1e-3}


@dataclass(frozen=True)
class Point:
    """One point; `time_ms` is epoch milliseconds, None where the writer left it to the store."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, float | int | bool | str]
    time_ms: float | None

    def as_json(self) -> dict[str, Any]:
        """The point as plain JSON values."""
        return asdict(self)


def points(text: str, precision: str = "ns") -> list[Point]:
    """Every point of a write; `BadInput` names the line that is none, and then nothing of it counts."""
    if precision not in PRECISIONS:
        raise BadInput("precision", f"one of {', '.join(PRECISIONS)}", precision)
    wanted = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [_point(line, PRECISIONS[precision]) for line in wanted]


def _point(line: str, units: float) -> Point:
    found = LINE.fullmatch(line)
    if found is None:
        raise BadInput("line", "measurement[,tag=value] field=value[,field=value] [timestamp]", line[:120])
    name = MEASUREMENT.match(found[1])
    if name is None:
        raise BadInput("line", "a measurement before the tags", line[:120])
    tags = {_plain(key): _plain(value) for key, value in _entries(TAG, found[1][name.end() :], line)}
    values = {_plain(key): _value(value, line) for key, value in _entries(ENTRY, found[2], line)}
    return Point(_plain(name[1]), tags, values, None if found[3] is None else int(found[3]) / units)


def _entries(entry: re.Pattern[str], text: str, line: str) -> Iterator[tuple[str, str]]:
    place = 0
    while place < len(text):
        found = entry.match(text, place)
        if found is None:
            raise BadInput("line", "key=value with commas between them", line[:120])
        yield found[1], found[2]
        place = found.end()


def _value(text: str, line: str) -> float | int | bool | str:
    if text.startswith('"'):
        return re.sub(r'\\(["\\])', r"\1", text[1:-1])
    if text in WORDS:
        return WORDS[text]
    if WHOLE.fullmatch(text):
        return int(text[:-1])
    try:
        return float(text)
    except ValueError:
        raise BadInput("line", "a number, a whole number with i, true, false or a text in quotes", line[:120]) from None


def _plain(text: str) -> str:
    return re.sub(r"\\([,= ])", r"\1", text)
