"""A review -> the shapes of its timeline, in the units of the drawing; the template only writes them down. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reports.model import AgentLine, Clock, Connection, Fault, MarkKind, Outcome, Queue, Review

WIDTH = 1080.0
LEFT = 168.0
RIGHT = 24.0
LANE = 22.0
AXIS = 38.0
MOST_ROWS = 120
# Class names of the style sheet; each has a pattern or a shape of its own beside its colour.
CONNECTION_CLASS = {
    Connection.CONNECTED: "up",
    Connection.DOWN: "down",
    Connection.WAITING: "waiting",
    Connection.DISAGREES: "disagrees",
    Connection.DOUBLE: "double",
    Connection.OUT: "out",
    Connection.STARTING: "starting",
    Connection.UNKNOWN: "unknown",
}
QUEUE_CLASS = {Queue.ON: "q-on", Queue.OFF: "q-off", Queue.NOT_RESPONDING: "q-nr", Queue.UNKNOWN: "unknown"}
MARK_CLASS = {MarkKind.DROP: "m-drop", MarkKind.RECONNECT: "m-back", MarkKind.REFUSED: "m-refused"}


@dataclass(frozen=True)
class Box:
    """A rectangle with the class that draws it and the words that explain it."""

    x: float
    y: float
    width: float
    height: float
    css: str
    words: str
    label: str = ""


@dataclass(frozen=True)
class Glyph:
    """A mark as an SVG path."""

    path: str
    css: str
    words: str


@dataclass(frozen=True)
class Row:
    """One agent's row."""

    label: str
    y: float
    text_y: float
    height: float
    lost: bool
    boxes: tuple[Box, ...]
    glyphs: tuple[Glyph, ...]


@dataclass(frozen=True)
class Tick:
    """One line of the axis: real-world seconds and wall time."""

    x: float
    seconds: str
    wall: str


@dataclass(frozen=True)
class Timeline:
    """The whole drawing."""

    width: float
    height: float
    left: float
    plot_width: float
    top: float
    bottom: float
    phases: tuple[Box, ...]
    lanes: tuple[tuple[str, Box], ...]
    bands: tuple[Box, ...]
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    states: tuple[str, ...]
    left_out: int


@dataclass(frozen=True)
class Scale:
    """Real-world seconds -> x."""

    start: float
    end: float

    def x(self, seconds: float) -> float:
        """The place of a moment, kept inside the plot."""
        share = (min(max(seconds, self.start), self.end) - self.start) / max(self.end - self.start, 1e-9)
        return round(LEFT + share * (WIDTH - LEFT - RIGHT), 2)


def timeline(review: Review) -> Timeline:
    """The drawing of one review; agents in the order of their labels, the worst kept where there are too many."""
    scale = Scale(0.0, max(review.end, 0.1))
    lines, left_out = _chosen(review)
    top = LANE * (1 + len(review.faults)) + 12
    height = _row_height(len(lines))
    lost = _lost(review)
    rows = tuple(
        _row(line, scale, top + number * height, height, line.agent in lost) for number, line in enumerate(lines)
    )
    bottom = top + max(1, len(lines)) * height + 4
    lanes = tuple((fault.fault, _lane(scale, LANE * (1 + n) + 3, fault)) for n, fault in enumerate(review.faults))
    return Timeline(
        width=WIDTH,
        height=bottom + AXIS,
        left=LEFT,
        plot_width=WIDTH - LEFT - RIGHT,
        top=top,
        bottom=bottom,
        phases=tuple(_span_box(scale, (p.start, p.end), (3, LANE - 6), "phase", p.name) for p in review.phases),
        lanes=lanes,
        bands=tuple(Box(b.x, b.y, b.width, bottom - b.y, "band", b.words) for _, b in lanes),
        rows=rows,
        ticks=tuple(ticks(review.clock, scale)),
        states=tuple(dict.fromkeys(box.css for row in rows for box in row.boxes)),
        left_out=left_out,
    )


def _chosen(review: Review) -> tuple[list[AgentLine], int]:
    lines = sorted(review.agents, key=lambda line: line.label)
    if len(lines) <= MOST_ROWS or review.recoveries is None:
        return lines[:MOST_ROWS], max(0, len(lines) - MOST_ROWS)
    worst = {row.agent for row in review.recoveries.rows[:MOST_ROWS]}
    return [line for line in lines if line.agent in worst], len(lines) - MOST_ROWS


def _lost(review: Review) -> set[str]:
    rows = review.recoveries.rows if review.recoveries else ()
    return {row.agent for row in rows if row.outcome is Outcome.NOT_RECOVERED}


def _row_height(agents: int) -> float:
    return 24.0 if agents <= 16 else 18.0 if agents <= 40 else 14.0


def _row(line: AgentLine, scale: Scale, y: float, height: float, lost: bool) -> Row:
    bar, strip = height * 0.5, max(2.5, height * 0.16)
    boxes = [
        Box(
            scale.x(s.start),
            y + 2,
            _width(scale, s.start, s.end),
            bar,
            CONNECTION_CLASS[Connection(s.state)],
            f"{line.label}: {s.state}, {s.start:.1f} s to {s.end:.1f} s",
        )
        for s in line.connection
    ]
    boxes += [
        Box(
            scale.x(s.start),
            y + 3 + bar,
            _width(scale, s.start, s.end),
            strip,
            QUEUE_CLASS[Queue(s.state)],
            f"{line.label}: {s.state}, {s.start:.1f} s to {s.end:.1f} s",
        )
        for s in line.queue
    ]
    glyphs = tuple(
        Glyph(
            _glyph(mark.kind, scale.x(mark.at), y + 2, bar),
            MARK_CLASS[mark.kind],
            f"{line.label} {mark.kind} at {mark.at:.1f} s{f', {mark.note}' if mark.note else ''}",
        )
        for mark in line.marks
    )
    return Row(line.label, y, y + 2 + bar / 2, height, lost, tuple(boxes), glyphs)


def _glyph(kind: MarkKind, x: float, y: float, bar: float) -> str:
    size = min(5.0, bar * 0.45)
    if kind is MarkKind.DROP:
        return f"M{x - size:.1f} {y:.1f}h{2 * size:.1f}L{x:.1f} {y + 1.5 * size:.1f}z"
    if kind is MarkKind.RECONNECT:
        return f"M{x - size:.1f} {y + bar:.1f}h{2 * size:.1f}L{x:.1f} {y + bar - 1.5 * size:.1f}z"
    return f"M{x:.1f} {y + bar * 0.2:.1f}v{bar * 0.6:.1f}"


def _span_box(scale: Scale, span: tuple[float, float], at: tuple[float, float], css: str, name: str) -> Box:
    start, end = span
    width = _width(scale, start, end)
    words = f"{name}: {start:.1f} s to {end:.1f} s"
    return Box(scale.x(start), at[0], width, at[1], css, words, name if width > 7 * len(name) else "")


def _lane(scale: Scale, y: float, fault: Fault) -> Box:
    name = "in force" if fault.seen is not None else "ordered, never seen in force"
    box = _span_box(scale, (fault.start, fault.end), (y, LANE - 6), "fault", name)
    return replace(box, words=f"{fault.fault} {box.words}")


def _width(scale: Scale, start: float, end: float) -> float:
    # A state that was there must be visible, however short.
    return round(max(scale.x(end) - scale.x(start), 1.0), 2)


def ticks(clock: Clock, scale: Scale) -> Iterator[Tick]:
    """About eight round moments."""
    step = round_step((scale.end - scale.start) / 8)
    digits = max(0, -math.floor(math.log10(step)))
    decimals = step * clock.scale < 1
    for number in range(int(scale.end / step) + 1):
        at = number * step
        wall = clock.wall(at)
        text = wall.strftime("%H:%M:%S") + (f".{wall.microsecond // 100_000}" if decimals else "")
        yield Tick(scale.x(at), f"{at:.{digits}f} s", text)


def round_step(least: float) -> float:
    """The first of 1, 2, 5 times a power of ten that is not less than `least`."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-3)))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least)
