"""What the terminal says of a run is what its evidence says so far."""

import json
import time
from pathlib import Path
from typing import Any

from harness.progress import Progress, Tail

PLANNED: dict[str, Any] = {
    "kind": "run.planned",
    "hypothesis": ["up"],
    "method": ["break", "wait", "heal"],
    "rollback": ["heal"],
}


def said(*lines: dict[str, Any]) -> Progress:
    progress = Progress()
    for line in ({"kind": "run.started", "agents": 5}, PLANNED | {"observations": [["wait", 30]]}, *lines):
        progress.take({"t": time.monotonic_ns(), **line})
    return progress


def test_it_begins_with_the_world() -> None:
    assert Progress().sentence() == "starting the world | nothing broken | all desktops up"


def test_it_says_which_step_what_is_broken_who_is_down_and_for_how_long() -> None:
    down = [{"kind": "desktop.banner", "agent": f"agent-{n}-long-id", "connected": False} for n in range(4)]
    progress = said(
        {"kind": "activity.ended", "name": "up"},
        {"kind": "lease.held", "fault": "ws_reset", "seconds": 60},
        {"kind": "activity.started", "name": "wait"},
        *down,
    )
    assert progress.sentence() == (
        "step 2/6: wait | broken: ws_reset (at most 60 s more) | "
        "4 of 5 desktops down: agent-0-, agent-1-, agent-2- and 1 more | observing for 30 s more"
    )


def test_what_is_healed_is_not_broken_any_more() -> None:
    progress = said(
        {"kind": "lease.held", "fault": "ws_reset", "seconds": 60},
        {"kind": "desktop.banner", "agent": "a", "connected": False},
        {"kind": "activity.ended", "name": "wait"},
        {"kind": "fault.cleared_seen", "fault": "ws_reset"},
        {"kind": "desktop.banner", "agent": "a", "connected": True},
    )
    assert progress.sentence().endswith("| nothing broken | all desktops up")


def test_a_tail_reads_each_whole_line_once(tmp_path: Path) -> None:
    path, tail = tmp_path / "crowd.jsonl", Tail(tmp_path)
    path.write_text(json.dumps({"n": 0}) + "\n" + '{"n":')
    assert list(tail.fresh()) == [{"n": 0}]
    with path.open("a") as file:
        file.write(" 1}\n")
    assert list(tail.fresh()) == [{"n": 1}]
    assert list(tail.fresh()) == []
