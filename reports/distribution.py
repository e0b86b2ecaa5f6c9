"""Times to recover -> the bars of a histogram, those that did not recover counted in a bar of their own. Pure."""

from dataclasses import dataclass

from reports.model import Outcome, Recoveries
from reports.timeline import round_step

WIDTH = 640.0
HEIGHT = 190.0
BASE = 150.0
ROOM = 100.0
BINS = 16
SIDE = 96.0  # the place of the bar for agents that did not recover
LEFT = 12.0


@dataclass(frozen=True)
class Bar:
    """One bar: `count` agents that took from `low` to `high` real-world seconds."""

    x: float
    y: float
    width: float
    height: float
    count: int
    low: float
    high: float


@dataclass(frozen=True)
class Line:
    """A statistic drawn over the bars, its words at `text_y` so that neighbours do not overlap."""

    x: float
    text_y: float
    words: str


@dataclass(frozen=True)
class Distribution:
    """The histogram; `lost` is the bar of those that did not recover, if any."""

    width: float
    height: float
    base: float
    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    lost: Bar | None
    words: str


def distribution(found: Recoveries) -> Distribution | None:
    """The histogram of one run; None if no agent was lost."""
    took = [row.took_s for row in found.rows if row.took_s is not None]
    lost = found.count(Outcome.NOT_RECOVERED)
    if not took and not lost:
        return None
    step = round_step(max(max(took, default=0.1), 0.1) / BINS)
    bins = max(1, int(max(took, default=0.0) / step) + 1)
    counts = [0] * bins
    for seconds in took:
        counts[min(int(seconds / step), bins - 1)] += 1
    tallest = max(max(counts), lost)
    plot = WIDTH - LEFT - (SIDE if lost else LEFT)
    width = plot / bins
    bars = [_bar(LEFT + n * width, width, count, tallest, (n * step, (n + 1) * step)) for n, count in enumerate(counts)]
    every = max(1, bins // 6)
    return Distribution(
        WIDTH,
        HEIGHT,
        BASE,
        tuple(bar for bar in bars if bar.count),
        tuple((LEFT + n * width, f"{n * step:g} s") for n in range(0, bins, every)),
        _lines(found, plot / (bins * step)),
        _bar(WIDTH - SIDE + 24, SIDE - 48, lost, tallest, (0, 0)) if lost else None,
        _words(found),
    )


def _bar(x: float, width: float, count: int, tallest: int, span: tuple[float, float]) -> Bar:
    height = ROOM * count / max(1, tallest)
    return Bar(round(x + 1, 1), round(BASE - height, 1), round(max(1.0, width - 2), 1), round(height, 1), count, *span)


def _lines(found: Recoveries, per_second: float) -> tuple[Line, ...]:
    known = (("p50", found.p50_s), ("p95", found.p95_s), ("max", found.max_s))
    names: dict[float, list[str]] = {}
    for name, seconds in known:
        if seconds is not None:
            names.setdefault(seconds, []).append(name)
    return tuple(
        Line(round(LEFT + seconds * per_second, 1), 10 + 13 * number, f"{', '.join(of)} {seconds:.1f} s")
        for number, (seconds, of) in enumerate(names.items())
    )


def _words(found: Recoveries) -> str:
    if found.p50_s is None or found.p95_s is None or found.max_s is None:
        return f"No agent recovered; {found.count(Outcome.NOT_RECOVERED)} did not."
    return (
        f"{found.count(Outcome.RECOVERED)} agents recovered: half within {found.p50_s:.1f} s, 95 % within "
        f"{found.p95_s:.1f} s, all of these within {found.max_s:.1f} s; "
        f"{found.count(Outcome.NOT_RECOVERED)} did not recover."
    )
