"""A run as its processes write it: literal lines of evidence, one file each, a time scale of 0.1."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

ZERO = 5_000_000_000_000
START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SCALE = 0.1
LOST = "agent-07"
Line = tuple[float, str, str | None, dict[str, Any]]


def nanoseconds(real_s: float) -> int:
    """Real-world seconds since the world was up as the evidence has it."""
    return ZERO + int(real_s * SCALE * 1e9)


class Recorded:
    """A run's folder that can be written line by line before it is read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: dict[str, list[Line]] = {}
        self.verdict: dict[str, Any] = {}
        self.closed = True

    def add(self, source: str, at: float, kind: str, agent: str | None = None, **fields: Any) -> None:
        """One line of `source` at real-world second `at`."""
        self.lines.setdefault(source, []).append((at, kind, agent, fields))

    def write(self) -> Path:
        """The folder with everything in it."""
        evidence = self.folder / "evidence"
        evidence.mkdir(parents=True)
        for source, lines in self.lines.items():
            ordered = sorted(lines, key=lambda line: line[0])
            if self.closed:
                ordered.append((ordered[-1][0] + 1, "evidence.closed", None, {}))
            text = "".join(
                json.dumps(
                    {
                        "t": nanoseconds(at),
                        "wall": (START + timedelta(seconds=at * SCALE)).isoformat(timespec="milliseconds"),
                        "source": source,
                        "kind": kind,
                        "n": number,
                        **({"agent": agent} if agent else {}),
                        **fields,
                    }
                )
                + "\n"
                for number, (at, kind, agent, fields) in enumerate(ordered)
            )
            (evidence / f"{source}.jsonl").write_text(text)
        if self.verdict:
            (self.folder / "verdict.json").write_text(json.dumps(self.verdict))
            (self.folder / "journal.json").write_text(json.dumps({"status": "failed", "deviated": True}))
        return self.folder


def outage(run: Recorded, agent: str, lost: float, back: float | None) -> None:
    """The agent's socket is reset at `lost` and open again at `back`."""
    run.add("wire", lost, "ws.close", agent, channel="c1", socket=f"{agent}-1", code=1006, abnormal=True)
    run.add("crowd", lost + 0.1, "socket.closed", agent, socket=f"{agent}-1", code=1006, reason="")
    run.add("crowd", lost + 0.1, "desktop.banner", agent, banner="connecting", connected=False)
    run.add("crowd", lost + 2, "socket.opening", agent, socket=f"{agent}-2")
    run.add("wire", lost + 2.1, "ws.refused", agent, channel="c1", status=503)
    if back is None:
        return
    run.add("crowd", back - 0.2, "socket.opening", agent, socket=f"{agent}-3")
    run.add("wire", back, "ws.open", agent, channel="c2", socket=f"{agent}-3")
    run.add("crowd", back + 0.1, "desktop.banner", agent, banner="connected", connected=True)


def desktop(run: Recorded, number: int) -> None:
    """One desktop that is connected and on queue from the start, and lost once; agent 7 never comes back."""
    agent = f"agent-{number:02}"
    run.add("wire", -4, "ws.open", agent, channel="c1", socket=f"{agent}-1")
    run.add("crowd", -3.9, "desktop.banner", agent, banner="connected", connected=True)
    run.add("crowd", -3.8, "presence.shown", agent, presence="ON_QUEUE", version=3, message="")
    run.add("validator", -1, "agent.status", agent, presence="On Queue", routing="IDLE", joined=True, message="")
    back = None if agent == LOST else 45 + (number * 7 % 11) * 2.3
    outage(run, agent, 40 + number * 0.2, back)
    off = {"presence": "Offline", "routing": "OFF_QUEUE", "joined": True, "message": ""}
    run.add("validator", 50, "agent.status", agent, **off)
    run.add("crowd", 50.1, "presence.shown", agent, presence="OFFLINE", version=4, message="")
    if back is not None:
        run.add("validator", 80, "agent.status", agent, presence="On Queue", routing="IDLE", joined=True, message="")
        run.add("crowd", 80.2, "presence.shown", agent, presence="ON_QUEUE", version=5, message="")


def fault(run: Recorded) -> None:
    """A socket reset for all agents, in force from 40 s to 52 s."""
    scope = {"agents": [], "share": 1.0, "path": "*", "topic": "*", "direction": "both", "always": ["canary"]}
    of = {"fault": "ws_reset", "lease": "ws_reset-1"}
    run.add("keeper", 39, "lease.held", lease="ws_reset-1", fault="ws_reset", seconds=60)
    run.add("chaos-1", 39.2, "fault.ordered", **of, expected={"parameters": {}, "scope": scope}, found=None)
    run.add("wire", 40, "fault.armed", fault="ws_reset", id="ws_reset-1", scope=scope, parameters={"delay_ms": 20})
    for number in range(1, 13):
        name = f"agent-{number:02}"
        run.add("wire", 40 + number * 0.2, "fault.touched", name, fault="ws_reset", id="ws_reset-1", what="reset")
    run.add("chaos-1", 43, "fault.seen", **of, expected="a reset", found="connection reset by peer after 0.2 s")
    run.add("chaos-1", 51, "fault.clear_ordered", **of, expected="gone", found=None)
    run.add("wire", 52, "fault.disarmed", fault="ws_reset", id="ws_reset-1", why="order")
    run.add("chaos-1", 53, "fault.cleared_seen", **of, expected="gone", found="an open socket")
    run.add("keeper", 53.5, "lease.released", lease="ws_reset-1")


STEPS: tuple[tuple[str, str, str, float, float, str | None, Any, bool | None], ...] = (
    ("share of desktops connected", "probe", "before", 20, 21, "1", 1.0, True),
    ("reset every socket", "action", "method", 39, 43.5, None, {"in_force": True}, None),
    ("agents still without a socket <b>", "probe", "method", 70, 90, "0", [LOST], False),
    ("share of desktops connected", "probe", "after", 95, 96, "1", 0.9167, False),
    ("take the reset back", "action", "rollback", 50.5, 53.2, None, {"in_force": False}, None),
)


def steps(run: Recorded) -> None:
    """What the experiment did."""
    run.add("chaos-1", -20, "run.started", experiment="websocket_reset", seed=7, time_scale=SCALE, agents=12)
    run.add("chaos-1", 0, "world.up", sources=["crowd", "wire", "validator", "keeper"])
    for name, kind, phase, start, end, expected, output, met in STEPS:
        function = f"{'probes' if kind == 'probe' else 'actions'}.{name.replace(' ', '_')}"
        run.add("chaos-1", start, "activity.started", name=name, phase=phase)
        run.add(
            "chaos-1",
            end,
            "activity.ended",
            **{"name": name, "type": kind, "phase": phase, "function": function, "status": "succeeded"},
            tolerance_met=met,
            expected=expected,
            output=output,
            why="",
        )


def findings() -> Iterator[dict[str, Any]]:
    """The judged probes of the run."""
    for name, kind, phase, _, end, expected, output, met in STEPS:
        if kind == "probe":
            verdict = "PASS" if met else "FAIL"
            words = {"question": name, "verdict": verdict, "expected": expected, "found": output}
            yield {**words, "phase": phase, "function": f"probes.{name}", "t": nanoseconds(end)}


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A failed run of twelve agents, of which one never came back; not written yet."""
    run = Recorded(tmp_path / "20261120-090000-websocket_reset")
    steps(run)
    fault(run)
    for number in range(1, 13):
        desktop(run, number)
    for poll in range(100):
        run.add("validator", float(poll), "poll", ok=True, ms=3.2)
    for second in range(0, 90, 10):
        run.add("keeper", second + 0.5, "guard.sample", websocket_error_rate=0.01, api_p99_ms=20.0 + second)
    run.verdict = {
        "experiment": "websocket_reset",
        "title": "Do desktops come back when their sockets are reset?",
        "description": "Every notification socket is torn down at once; each desktop should be back within a minute.",
        "verdict": "FAIL",
        "reasons": [f"agents still without a socket <b>: expected 0, found ['{LOST}']"],
        "findings": list(findings()),
        "seed": 7,
        "time_scale": SCALE,
        "agents": 12,
        "defect": "zombie",
        "sabotage": None,
        "started": (START - timedelta(seconds=2)).isoformat(),
        "ended": (START + timedelta(seconds=11)).isoformat(),
        "t_started": nanoseconds(-20),
        "t_ended": nanoseconds(110),
        "world": "local",
        "repeat": "DESKSTORM_SEED=7 DESKSTORM_DEFECT=zombie chaos run experiments/websocket_reset.json",
        "versions": {"chaostoolkit": "1.19.0", "python": "3.11.2"},
    }
    return run


@pytest.fixture
def reviewed(recorded: Recorded) -> Callable[[], Any]:
    """Writes what was recorded and reviews it."""
    from reports import record
    from reports.review import review

    return lambda: review(record.read(recorded.write()))
