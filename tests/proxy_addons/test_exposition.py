"""Prometheus sees what passes through the wire, in real-world units."""

import httpx
import pytest

from proxy_addons.core.exposition import Held, measured, text
from tests.proxy_addons.conftest import RunningWire

NOTHING = {"count": 0, "errors": 0, "p99_ms": 0.0}
NO_SOCKETS = {"open": 0, "opened": 0, "refused": 0, "abnormal": 0, "error_rate": 0.0}


def numbers(shown: str) -> dict[str, float]:
    lines = [line.split() for line in shown.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_a_ratio_and_a_percentile_of_nothing_are_left_out() -> None:
    assert measured({"api": NOTHING, "websocket": NO_SOCKETS}, 0.1) == {
        "deskstorm_api_requests": 0,
        "deskstorm_api_errors": 0,
        "deskstorm_websockets_open": 0,
    }


def test_times_are_those_of_the_real_world_whatever_the_scale() -> None:
    api = {"count": 7, "errors": 2, "p99_ms": 250.0}
    sockets = {"open": 9, "opened": 3, "refused": 1, "abnormal": 0, "error_rate": 0.1}
    assert numbers(text(measured({"api": api, "websocket": sockets}, 0.1))) == {
        "deskstorm_api_requests": 7,
        "deskstorm_api_errors": 2,
        "deskstorm_websockets_open": 9,
        "deskstorm_api_p99_seconds": 2.5,
        "deskstorm_websocket_error_ratio": 0.1,
    }


def test_between_two_attempts_of_a_floor_that_is_cut_off_nothing_is_better() -> None:
    held = Held(hold_s=6.0)
    assert held.with_last(0.0, {"deskstorm_websocket_error_ratio": 1.0}) == {"deskstorm_websocket_error_ratio": 1.0}
    assert held.with_last(6.0, {"deskstorm_api_errors": 0}) == {
        "deskstorm_websocket_error_ratio": 1.0,
        "deskstorm_api_errors": 0,
    }
    assert held.with_last(6.1, {"deskstorm_api_errors": 1}) == {"deskstorm_api_errors": 1}


@pytest.mark.world
def test_the_ready_line_says_where_the_numbers_are(wire: RunningWire) -> None:
    with httpx.Client(trust_env=False) as client:
        answer = client.get(wire.ready["metrics"])
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert numbers(answer.text)["deskstorm_websockets_open"] == 0
        assert client.get(wire.ready["metrics"] + "/else").status_code == 404
