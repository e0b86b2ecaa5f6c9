"""Guard conditions are sustained, scaled, and fail closed; a breach clears every fault before anybody is told."""

import http.server
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness import evidence
from harness.breaking.wire import WireControl, WireStats
from harness.errors import BadInput, Refused
from harness.keeping.guard import DEFAULTS, Breach, Condition, Guard, Measure, conditions_of, measured
from harness.keeping.keeper import Holder, start_keeper
from harness.keeping.undo import Undo
from harness.waiting import until
from harness.world import Agent, Wire, World, WorldKind

LIMIT_S = 20.0
P99 = Measure.API_P99_MS
SLOW = Condition(P99, 2000.0, 30.0)
QUIET = WireStats(count=0, errors=0, p99_ms=0, open=0, opened=0, refused=0, abnormal=0, error_rate=0)


@pytest.mark.parametrize(
    ("samples", "breached_at"),
    [
        ([(0, 2001), (29.9, 2001)], None),
        ([(0, 2001), (15, 9000), (30, 2001)], 30),
        ([(0, 2001), (15, 2000), (30, 2001), (59, 2001)], None),
        ([(0, 2001), (15, 2000), (30, 2001), (60, 2001)], 60),
        ([(0, 2001), (10, None), (30, None)], 30),
        ([(0, None), (60, None)], None),
        ([(0, 2001), (10, None), (20, 100), (40, 100)], None),
    ],
)
def test_a_condition_is_breached_when_it_lasts(samples: list[tuple[float, float | None]], breached_at: Any) -> None:
    guard = Guard([SLOW], time_scale=1.0)
    found = [now for now, value in samples if guard.sample(now, {P99: value})]
    assert found == ([breached_at] if breached_at is not None else [])


def test_a_breach_says_what_was_found_last() -> None:
    guard = Guard(DEFAULTS, time_scale=0.1)
    assert guard.sample(0, {Measure.WEBSOCKET_ERROR_RATE: 0.06, P99: 10}) is None
    breach = guard.sample(1, {Measure.WEBSOCKET_ERROR_RATE: 0.5, P99: 10})
    assert breach == Breach(Condition(Measure.WEBSOCKET_ERROR_RATE, 0.05, 10), 0.5)
    assert str(breach.condition) == "websocket_error_rate above 0.05 for 10 s"


def test_each_condition_has_its_own_clock() -> None:
    guard = Guard(DEFAULTS, time_scale=1.0)
    assert guard.sample(0, {P99: 3000, Measure.WEBSOCKET_ERROR_RATE: 0}) is None
    assert guard.sample(25, {P99: 3000, Measure.WEBSOCKET_ERROR_RATE: 1}) is None
    found = guard.sample(30, {P99: 3000, Measure.WEBSOCKET_ERROR_RATE: 1})
    assert found is not None
    assert found.condition.measure is P99


def test_what_the_wire_counted_is_in_real_world_units() -> None:
    stats = replace(QUIET, count=10, errors=1, p99_ms=250, open=20, error_rate=0.05)
    assert measured(stats, 0.1) == {
        Measure.API_P99_MS: 2500,
        Measure.API_ERROR_RATE: 0.1,
        Measure.WEBSOCKET_ERROR_RATE: 0.05,
    }
    assert set(measured(QUIET, 0.1).values()) == {None}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({}, "guard: expected a list of conditions, found {}"),
        ([1], "guard condition: expected measure, limit and for_s, found 1"),
        ([{"measure": "api_p99_ms", "limit": 1}], "guard condition: expected measure, limit and for_s"),
        ([{"measure": "mood", "limit": 1, "for_s": 1}], "guard measure: expected one of api_p99_ms, api_error_rate, "),
        (
            [{"measure": "api_p99_ms", "limit": "2 s", "for_s": 1}],
            "guard limit: expected a number that is not negative",
        ),
        ([{"measure": "api_p99_ms", "limit": 1, "for_s": -1}], "guard for_s: expected a number that is not negative"),
    ],
)
def test_a_condition_that_makes_no_sense_is_refused(given: Any, sentence: str) -> None:
    with pytest.raises(BadInput) as refusal:
        conditions_of(given)
    assert str(refusal.value).startswith(sentence)


def test_conditions_are_read_from_json() -> None:
    assert conditions_of([{"measure": "api_p99_ms", "limit": 2000, "for_s": 30}]) == (SLOW,)


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers at once, and `/slow` when the test lets go."""

    let_go = threading.Event()

    def do_GET(self) -> None:
        """One answer."""
        if self.path == "/slow":
            self.let_go.wait(10)
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture
def upstream() -> Iterator[str]:
    """The address of a server that can be slow."""
    Upstream.let_go.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        Upstream.let_go.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def guarded(tmp_path: Path, state_folder: Path, upstream: str) -> Iterator[tuple[Holder, Wire]]:
    """A held run with a real wire in front of `upstream`, and its world file; not guarded yet."""
    keeper = start_keeper(tmp_path / "run")
    keeper.hold_run(60)
    settings = {
        "evidence": str(keeper.folder / "evidence"),
        "control_token": "a-token",
        "confdir": str(keeper.state / "wire"),
        "hosts": [upstream],
    }
    (keeper.state / "wire.json").write_text(json.dumps(settings))
    ready = keeper.spawn("wire", [sys.executable, "-m", "proxy_addons", "--settings", str(keeper.state / "wire.json")])
    wire = Wire(ready["proxy"], ready["control_host"], ready["control_port"], "a-token", ready["ca"])
    World(
        kind=WorldKind.LOCAL,
        run=keeper.run,
        folder=str(keeper.folder),
        keeper_socket=str(keeper.socket),
        api=f"http://{upstream}",
        login=f"http://{upstream}",
        client_id="",
        client_secret="",
        desktop_client_id="",
        agents=(),
        canary=Agent("canary", "Canary", ""),
        queue_id="",
        time_scale=0.1,
        seed=1,
        wire=wire,
    ).write(keeper.state / "world.json")
    yield keeper, wire
    keeper.close()


def lease(keeper: Holder, fault: Path) -> None:
    """Put a fault in force that lasts while `fault` exists."""
    held = keeper.lease("touching", Undo("touching", "clear_touching", {"path": str(fault)}), 60)
    fault.touch()
    keeper.confirm(held)


@pytest.mark.world
def test_a_breach_clears_every_fault_and_then_tells(
    guarded: tuple[Holder, Wire], tmp_path: Path, upstream: str
) -> None:
    keeper, wire = guarded
    fault = tmp_path / "fault"
    lease(keeper, fault)
    keeper.guard([{"measure": "api_p99_ms", "limit": 500, "for_s": 2}])
    with httpx.Client(proxy=wire.proxy, trust_env=False) as client:
        assert client.get(f"http://{upstream}/").status_code == 204
        waiting = threading.Thread(target=client.get, args=(f"http://{upstream}/slow",), kwargs={"timeout": 15})
        waiting.start()
        until(lambda: keeper.stopped, "the guard to stop the run", LIMIT_S)
        assert not fault.exists()
        Upstream.let_go.set()
        waiting.join()
    assert keeper.stopped.startswith("guard: api_p99_ms above 500 for 2 s (found ")
    assert keeper.finish() == []
    found = evidence.read(keeper.folder / "evidence")
    breach = found.last("guard.breach")
    assert breach is not None
    assert breach["limit"] == 500
    assert breach["found"] > 500
    assert [e.kind for e in found.of("guard.breach", "lease.undone", "run.stopped")] == [
        "guard.breach",
        "lease.undone",
        "run.stopped",
    ]
    assert found.of("guard.sample")


@pytest.mark.world
def test_a_guard_that_cannot_measure_stops_the_run(guarded: tuple[Holder, Wire], tmp_path: Path) -> None:
    keeper, _ = guarded
    fault = tmp_path / "fault"
    lease(keeper, fault)
    keeper.guard([{"measure": "api_p99_ms", "limit": 500, "for_s": 2}])
    pid = keeper.in_force()["processes"][0]["pid"]
    os.kill(pid, signal.SIGSTOP)  # it hangs: nothing ends, nothing answers
    until(lambda: keeper.stopped, "the guard to stop the run", LIMIT_S)
    os.kill(pid, signal.SIGCONT)
    assert keeper.stopped.startswith("guard cannot measure: the wire at 127.0.0.1:")
    assert not fault.exists()


@pytest.mark.world
def test_a_killed_wire_stops_the_run(guarded: tuple[Holder, Wire], tmp_path: Path) -> None:
    keeper, _ = guarded
    fault = tmp_path / "fault"
    lease(keeper, fault)
    keeper.guard([{"measure": "api_p99_ms", "limit": 500, "for_s": 2}])
    os.kill(keeper.in_force()["processes"][0]["pid"], signal.SIGKILL)
    until(lambda: keeper.stopped, "the run to be stopped", LIMIT_S)
    assert keeper.stopped.startswith(("process wire ended (exit code -9)", "guard cannot measure"))
    assert not fault.exists()


@pytest.mark.world
def test_a_guard_is_refused_when_it_makes_no_sense_or_can_measure_nothing(guarded: tuple[Holder, Wire]) -> None:
    keeper, wire = guarded
    with pytest.raises(Refused, match="guard measure: expected one of"):
        keeper.guard([{"measure": "mood", "limit": 1, "for_s": 1}])
    world = World.read(keeper.state / "world.json")
    replace(world, wire=replace(wire, token="wrong")).write(keeper.state / "world.json")
    with pytest.raises(Refused, match="wire"):
        keeper.guard([{"measure": "api_p99_ms", "limit": 1, "for_s": 1}])
    replace(world, wire=None).write(keeper.state / "world.json")
    with pytest.raises(Refused, match="guard: expected a world with a wire to measure on, found 'none'"):
        keeper.guard([{"measure": "api_p99_ms", "limit": 1, "for_s": 1}])
    assert not keeper.stopped


@pytest.mark.world
def test_the_wire_counts_what_still_waits(guarded: tuple[Holder, Wire], upstream: str) -> None:
    _, wire = guarded
    with httpx.Client(proxy=wire.proxy, trust_env=False) as client, WireControl(wire) as control:
        waiting = threading.Thread(target=client.get, args=(f"http://{upstream}/slow",), kwargs={"timeout": 15})
        waiting.start()
        until(lambda: control.stats(5).p99_ms > 300, "the waiting call to count", LIMIT_S)
        Upstream.let_go.set()
        waiting.join()
