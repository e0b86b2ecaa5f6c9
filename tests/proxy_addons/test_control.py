"""The control channel: who may speak, what is answered, and what is refused in one line."""

import json
import socket as sockets

import pytest

from harness.breaking.wire import WireControl
from harness.errors import BadInput, Unreachable
from harness.scope import Scope
from harness.world import Wire
from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def raw(wire: RunningWire, *lines: bytes) -> list[dict[str, object]]:
    """What the channel answers to lines sent as they are."""
    address = (wire.ready["control_host"], wire.ready["control_port"])
    with sockets.create_connection(address, 5) as connection, connection.makefile("rwb") as file:
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        connection.shutdown(sockets.SHUT_WR)
        return [json.loads(line) for line in file]


@pytest.mark.parametrize("first", [b'{"token":"wrong"}', b'{"do":"state"}', b"no json", b'"text"'])
def test_nothing_is_done_without_the_token(wire: RunningWire, first: bytes) -> None:
    answers = raw(wire, first, b'{"do":"state"}')
    assert answers == [{"error": "the first line must be the token of this wire"}]


@pytest.mark.parametrize("line", [b"no json", b"[]", b'{"do":"explode"}', b"{}"])
def test_a_malformed_request_is_answered_and_the_next_one_too(wire: RunningWire, line: bytes) -> None:
    token = json.dumps({"token": wire.token}).encode()
    refused, answered = raw(wire, token, line, b'{"do":"state"}')
    assert str(refused["error"]).startswith("request: expected")
    assert answered == {"ok": True, "armed": []}


@pytest.mark.parametrize(
    ("order", "complaint"),
    [
        ({"fault": "earthquake"}, "fault: expected one of alert_sink_down, api_errors"),
        ({"parameters": {"delay": 1}}, "api_latency parameter: expected one of delay_ms, jitter_ms, found 'delay'"),
        ({"parameters": {"delay_ms": "200"}}, "api_latency delay_ms: expected a number in ms, found '200'"),
        ({"parameters": {"delay_ms": True}}, "api_latency delay_ms: expected a number in ms, found True"),
        ({"parameters": {"delay_ms": -1}}, "expected at least 0 and at most 600000 ms, found -1.0"),
        ({"parameters": {"delay_ms": float("nan")}}, "expected at least 0 and at most 600000 ms, found nan"),
        ({"parameters": []}, "parameters: expected an object"),
        ({"seconds": 0}, "seconds: expected more than 0 and at most 86400 s, found 0"),
        ({"seconds": None}, "seconds: expected more than 0"),
        ({"id": ""}, "id: expected the id of a lease"),
        ({"seed": 1.5}, "seed: expected a whole number"),
        ({"scope": {"share": 0}}, "share: expected a number above 0 and at most 1"),
        ({"scope": {"agent": "x"}}, "scope: expected keys of"),
        ({"when": "now"}, "arm: expected fault, id, scope, parameters, seconds and seed, found 'when'"),
    ],
)
def test_a_bad_order_is_refused_and_nothing_is_armed(
    wire: RunningWire, order: dict[str, object], complaint: str
) -> None:
    good = {"do": "arm", "fault": "api_latency", "id": "one", "scope": {}, "parameters": {}, "seconds": 5, "seed": 1}
    with pytest.raises(BadInput) as refusal:
        wire.control.ask({**good, **order})
    assert complaint in str(refusal.value)
    assert wire.control.state() == []


def test_a_lease_that_is_in_force_cannot_be_armed_again(wire: RunningWire) -> None:
    wire.control.arm("api_latency", "one", Scope(), {}, 5, 1)
    with pytest.raises(BadInput, match="a lease that is not in force yet"):
        wire.control.arm("api_latency", "one", Scope(), {}, 5, 1)
    assert [armed.id for armed in wire.control.state()] == ["one"]


def test_disarming_takes_back_one_lease_one_fault_or_all_and_may_be_said_twice(wire: RunningWire) -> None:
    one, two = wire.arm("api_latency"), wire.arm("api_latency")
    three, four = wire.arm("ws_drop"), wire.arm("ws_delay")
    assert wire.control.disarm(lease=one) == [one]
    assert wire.control.disarm(lease=one) == []
    assert wire.control.disarm(fault="api_latency") == [two]
    assert wire.control.disarm() == [three, four]
    assert wire.control.disarm() == []
    with pytest.raises(BadInput, match="earthquake"):
        wire.control.disarm(fault="earthquake")


def test_the_state_says_how_long_a_fault_lasts(wire: RunningWire) -> None:
    lease = wire.arm("api_latency", seconds=20)
    armed = wire.control.state()[0]
    assert (armed.id, armed.fault, armed.touched) == (lease, "api_latency", 0)
    assert 15 < armed.left_s <= 20


def test_the_faults_are_listed_with_parameters_units_and_help(wire: RunningWire) -> None:
    found = {fault["name"]: fault for fault in wire.control.faults()}
    assert found["api_latency"]["parameters"][0] == {
        "name": "delay_ms",
        "type": "float",
        "default": 200.0,
        "unit": "ms",
        "help": "how long each call is held back",
        "low": 0,
        "high": 600_000,
    }
    assert all(fault["help"] for fault in found.values())


def test_the_open_sockets_are_listed(wire: RunningWire, plain_desktop: Desktop) -> None:
    _, channel = plain_desktop.open_socket()
    assert [s.channel for s in wire.control.sockets() if s.agent == plain_desktop.agent] == [channel]


def test_the_stats_are_of_the_agents_asked_for(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("api_errors", plain_desktop.scope, statuses="500")
    plain_desktop.get()
    found = wire.control.stats(agents=[plain_desktop.agent])
    assert (found.errors, found.open) == (1, 0)
    assert wire.control.stats(agents=[]).count == 0
    with pytest.raises(BadInput, match="window_s"):
        wire.control.stats(window_s=0)


def test_a_wire_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable, match="did not answer"):
        WireControl(Wire("http://127.0.0.1:1", "127.0.0.1", 1, "token")).state()
