"""The drawing of faults over desktops."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from reports.model import Review
from reports.timeline import LEFT, MOST_ROWS, RIGHT, WIDTH, Scale, round_step, timeline


def test_every_agent_has_a_row_and_every_fault_a_lane_and_a_band(reviewed: Callable[[], Review]) -> None:
    drawing = timeline(reviewed())
    assert [row.label for row in drawing.rows] == [f"agent-{number:02}" for number in range(1, 13)]
    assert [name for name, _ in drawing.lanes] == ["ws_reset"]
    assert drawing.bands[0].height == pytest.approx(drawing.bottom - drawing.bands[0].y)
    assert [row.label for row in drawing.rows if row.lost] == ["agent-07"]


def test_everything_drawn_lies_inside_the_plot(reviewed: Callable[[], Review]) -> None:
    drawing = timeline(reviewed())
    for box in [box for row in drawing.rows for box in row.boxes] + list(drawing.bands):
        assert LEFT <= box.x and box.x + box.width <= WIDTH - RIGHT + 1.01
        assert 0 < box.y and box.y + box.height <= drawing.bottom


def test_rows_do_not_overlap_and_sixty_agents_stay_readable(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    many = tuple(replace(review.agents[0], agent=f"a{n}", label=f"a{n:03}") for n in range(60))
    drawing = timeline(replace(review, agents=many, recoveries=None))
    gaps = {round(after.y - before.y, 3) for before, after in zip(drawing.rows, drawing.rows[1:], strict=False)}
    assert gaps == {14.0}
    assert drawing.rows[0].height == 14.0


def test_with_too_many_agents_the_worst_are_drawn(reviewed: Callable[[], Review]) -> None:
    review = reviewed()
    assert review.recoveries is not None
    healthy = next(row for row in review.recoveries.rows if row.agent == "agent-01")
    many = tuple(replace(review.agents[0], agent=f"a{n}", label=f"a{n:03}") for n in range(300))
    rows = (*review.recoveries.rows, *(replace(healthy, agent=line.agent) for line in many))
    crowd = replace(review, agents=(*review.agents, *many), recoveries=replace(review.recoveries, rows=rows))
    drawing = timeline(crowd)
    assert (len(drawing.rows), drawing.left_out) == (MOST_ROWS, 312 - MOST_ROWS)
    assert "agent-07" in {row.label for row in drawing.rows}


def test_the_axis_has_round_seconds_and_wall_time(reviewed: Callable[[], Review]) -> None:
    assert [(tick.seconds, tick.wall) for tick in timeline(reviewed()).ticks[:3]] == [
        ("0 s", "09:00:00"),
        ("20 s", "09:00:02"),
        ("40 s", "09:00:04"),
    ]


@pytest.mark.parametrize(("least", "step"), [(0.03, 0.05), (1.0, 1.0), (1.1, 2.0), (6.0, 10.0), (120.0, 200.0)])
def test_steps_are_round(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_a_moment_outside_is_kept_inside() -> None:
    assert (Scale(0, 10).x(-5), Scale(0, 10).x(50)) == (LEFT, WIDTH - RIGHT)
