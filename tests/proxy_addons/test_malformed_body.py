"""Answers arrive whole, but are no JSON."""

import json

import pytest

from tests.proxy_addons.conftest import Desktop, RunningWire

pytestmark = pytest.mark.world


def test_the_answer_arrives_with_its_status_but_is_no_json(wire: RunningWire, desktop: Desktop) -> None:
    lease = wire.arm("malformed_body", desktop.scope)
    answer = desktop.get()
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == len(answer.content) > 0
    with pytest.raises(json.JSONDecodeError):
        answer.json()
    assert wire.touched(lease) == 1
    wire.control.disarm()
    assert desktop.get().json() == {"padding": "x" * 10}


def test_the_wire_itself_learns_from_the_true_answer(wire: RunningWire, plain_desktop: Desktop) -> None:
    wire.arm("malformed_body", plain_desktop.scope)
    plain_desktop.http.post("/api/v2/notifications/channels").raise_for_status()
    assert wire.records("api", agent=plain_desktop.agent)[-1]["path"] == "/api/v2/notifications/channels"
