"""Judging is pure: hand-written evidence in, one of three verdicts out."""

from typing import Any

import pytest

from harness.evidence import Entry, Evidence
from harness.verdict import Judgement, Verdict, judge, worst

SOURCES = ("keeper", "wire")
PLAN: dict[str, Any] = {
    "hypothesis": ["connected"],
    "method": ["break", "recovered"],
    "rollback": ["heal"],
    "faults": ["ws_reset"],
}


def line(t: int, kind: str, source: str = "chaos-1", **fields: Any) -> Entry:
    return Entry(t, source, kind, None, fields)


def ended(t: int, name: str, phase: str, **fields: Any) -> Entry:
    given = {"status": "succeeded", "tolerance_met": None, "expected": None, "function": "x.y", "type": "action"}
    return line(t, "activity.ended", name=name, phase=phase, **{**given, **fields})


def probe(t: int, name: str, met: bool, phase: str = "method") -> Entry:
    return ended(t, name, phase, type="probe", expected="1", tolerance_met=met, output=1 if met else 0)


def healthy() -> list[Entry]:
    return [
        line(1, "run.started", experiment="websocket_reset"),
        line(2, "run.planned", **PLAN),
        line(3, "world.up", sources=list(SOURCES)),
        *(line(4, "poll", source) for source in SOURCES),
        line(10, "hypothesis.ended", when="before", met=True),
        line(20, "fault.ordered", fault="ws_reset", lease="L1"),
        line(21, "fault.seen", fault="ws_reset", lease="L1"),
        ended(22, "break", "method"),
        probe(30, "recovered", True),
        line(40, "fault.cleared_seen", fault="ws_reset", lease="L1"),
        line(50, "hypothesis.ended", when="after", met=True),
        ended(60, "heal", "rollback"),
    ]


def judged(entries: list[Entry], gaps: tuple[str, ...] = (), unclosed: tuple[str, ...] = ()) -> Judgement:
    return judge(Evidence(tuple(sorted(entries, key=lambda e: e.t)), gaps, unclosed), still_open=("chaos-1",))


def without(kind: str, **fields: Any) -> list[Entry]:
    return [e for e in healthy() if not (e.kind == kind and all(e.get(k) == v for k, v in fields.items()))]


def test_a_healthy_run_passes() -> None:
    assert judged(healthy()).verdict is Verdict.PASS


def test_a_probe_outside_its_limit_fails_the_run_and_is_named() -> None:
    found = judged([*without("activity.ended", name="recovered"), probe(30, "recovered", False)])
    assert found.verdict is Verdict.FAIL
    assert found.reasons[0] == "recovered: expected 1, found 0"


def test_what_never_came_is_called_never() -> None:
    late = ended(30, "back", "method", type="probe", expected="from 0 to 45", tolerance_met=False, output=999999.0)
    assert judged([*healthy(), late]).reasons[0] == "back: expected from 0 to 45, found never"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        (without("fault.seen"), "ws_reset was never seen in force on the data path"),
        (without("fault.cleared_seen"), "ws_reset was never seen cleared on the data path"),
        (without("hypothesis.ended", when="before"), "the steady state was not checked before the fault"),
        (without("hypothesis.ended", when="after"), "the steady state was not checked after the fault"),
        (without("activity.ended", name="heal"), "heal (rollback) was never carried out"),
        (without("world.up"), "the world did not come up"),
        (without("run.planned"), "the run never said what it planned"),
        (without("run.started"), "evidence is missing: the run never said that it started"),
        (without("activity.ended", name="recovered"), "recovered (method) was never carried out"),
        ([e for e in healthy() if e.source != "wire"], "evidence of wire is missing"),
        (
            [*healthy(), ended(61, "heal", "rollback", status="failed", why="no route")],
            "heal could not be carried out: no route",
        ),
        ([*healthy(), ended(23, "break", "method", output=False)], "break answered that it did nothing"),
        ([*healthy(), line(25, "run.trouble", reason="stopped by hand")], "stopped by hand"),
    ],
)
def test_what_is_missing_makes_the_run_void(entries: list[Entry], reason: str) -> None:
    found = judged(entries)
    assert found.verdict is Verdict.VOID
    assert reason in found.reasons


def test_a_steady_state_that_did_not_hold_at_the_start_is_void_whatever_came_after() -> None:
    entries = without("hypothesis.ended", when="before")
    entries += [line(10, "hypothesis.ended", when="before", met=False, why="connected found 0.5")]
    entries += [probe(31, "calm", False)]
    found = judged(entries)
    assert found.verdict is Verdict.VOID
    assert found.reasons[0] == "the steady state did not hold at the start: connected found 0.5"


def test_a_failure_after_the_fault_was_not_seen_is_void() -> None:
    entries = [*without("fault.seen"), probe(31, "calm", False)]
    assert judged(entries).verdict is Verdict.VOID


def test_a_failure_before_trouble_stands() -> None:
    entries = [*healthy(), probe(31, "calm", False), line(35, "run.trouble", reason="the keeper ended")]
    assert judged(entries).verdict is Verdict.FAIL


def test_lost_evidence_is_void_even_beside_a_failure() -> None:
    entries = [*healthy(), probe(31, "calm", False)]
    assert judged(entries, gaps=("wire.jsonl line 3 has number 4, expected 2",)).verdict is Verdict.VOID
    assert judged(entries, unclosed=("wire",)).verdict is Verdict.VOID


def test_a_deviation_during_the_method_fails_although_the_system_recovered() -> None:
    assert judged([*healthy(), probe(31, "connected", False, phase="during")]).verdict is Verdict.FAIL


def test_a_guard_breach_fails_the_run() -> None:
    breach = line(33, "guard.breach", "keeper", condition="api_p99_ms", limit=2000, found=2500)
    found = judged([*healthy(), breach, line(34, "run.trouble", reason="guard breached")])
    assert found.verdict is Verdict.FAIL
    assert found.reasons[0] == "guard: api_p99_ms: expected at most 2000, found 2500"


def test_an_experiment_that_asks_nothing_after_its_fault_is_void() -> None:
    entries = [e for e in healthy() if e.get("name") != "recovered" and e.kind != "run.planned"]
    entries.append(line(2, "run.planned", **{**PLAN, "method": ["break"]}))
    found = judged(entries)
    assert found.verdict is Verdict.VOID
    assert "no probe was judged after the fault: nothing was asked" in found.reasons


def test_no_evidence_at_all_is_void() -> None:
    assert judged([]).verdict is Verdict.VOID


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([], Verdict.VOID),
        ([Verdict.PASS], Verdict.PASS),
        ([Verdict.PASS, Verdict.VOID], Verdict.VOID),
        ([Verdict.VOID, Verdict.FAIL, Verdict.PASS], Verdict.FAIL),
    ],
)
def test_fail_beats_void_beats_pass(verdicts: list[Verdict], expected: Verdict) -> None:
    assert worst(verdicts) is expected


def cannot_tell(t: int) -> Entry:
    why = "the tracker cannot tell its alerts: /api/v1/alerts answers 404"
    return ended(t, "alerts fired", "method", type="probe", expected="1", status="failed", why=why, cannot_tell=True)


def test_what_nobody_can_tell_is_void_and_not_a_failure() -> None:
    found = judged([*healthy(), cannot_tell(25)])
    assert found.verdict is Verdict.VOID
    assert found.reasons == ("alerts fired: the tracker cannot tell its alerts: /api/v1/alerts answers 404",)


def test_what_nobody_can_tell_takes_nothing_from_a_failure_found_later() -> None:
    found = judged([*healthy(), cannot_tell(25), probe(31, "calm", False)])
    assert found.verdict is Verdict.FAIL
    assert found.reasons[0] == "calm: expected 1, found 0"
