"""Beside some deliveries spoilt copies arrive."""

import json
from collections.abc import Callable

import pytest

from harness.errors import BadInput
from harness.waiting import until
from proxy_addons.core.spoiling import KINDS, spoilt
from tests.proxy_addons.conftest import RunningWire, Service, Upstream

MakeService = Callable[[str], Service]
GENESYS = {
    "id": "e-1",
    "detail-type": "v2.detail.events.conversation.{id}.acd.start",
    "time": "2026-11-20T12:00:00Z",
    "detail": {
        "topicName": "v2.detail.events.conversation.c-1.acd.start",
        "eventBody": {"eventTime": 1, "conversationId": "c-1", "queueId": "q"},
    },
}
SIMPLE = {
    "detail": {
        "eventType": "routing:conversation:queue:member:enter",
        "conversationId": "c-1",
        "timestamp": "2026-11-20T12:00:00Z",
    }
}


@pytest.mark.world
@pytest.mark.parametrize("kind", KINDS)
def test_a_spoilt_copy_arrives_and_the_delivery_itself_too(
    wire: RunningWire, service: MakeService, plain_upstream: Upstream, kind: str
) -> None:
    feed = service("eventbridge")
    lease = wire.arm("events_malformed", feed.scope, share=1.0, kinds=kind, huge_bytes=5_000)
    assert feed.http.post(feed.path, json=GENESYS).status_code == 200
    until(lambda: len(feed.arrived()) == 2, "the copy", 20)
    arrived = [(one.body, one.content_type) for one in feed.arrived()]
    whole = [pair for pair in arrived if pair[1] == "application/json" and _json(pair[0]) == GENESYS]
    assert len(whole) == 1
    assert wire.touched(lease) == 1
    wire.control.disarm()
    feed.http.post(feed.path, json=GENESYS)
    assert len(feed.arrived()) == 3


@pytest.mark.world
def test_a_copy_that_is_answered_with_an_error_of_the_server_comes_again_until_the_end(
    wire: RunningWire, service: MakeService, plain_upstream: Upstream
) -> None:
    feed = service("eventbridge")
    wire.arm("events_malformed", feed.scope, share=1.0, kinds="cut_json")
    feed.upstream.refused_with = 500
    try:
        feed.deliver(1)
        until(lambda: len(feed.arrived()) >= 4, "the copy to come three times", 20)
    finally:
        feed.upstream.refused_with = 0
    attempts = [e for e in wire.records("delivery.spoilt") if e["path"] == feed.path]
    assert [entry["attempt"] for entry in attempts][:2] == [1, 2]
    assert {(entry["what"], entry["status"]) for entry in attempts[:2]} == {("cut_json", 500)}


@pytest.mark.world
def test_an_unknown_kind_is_refused(wire: RunningWire) -> None:
    with pytest.raises(BadInput, match="events_malformed kinds: expected some of cut_json"):
        wire.arm("events_malformed", kinds="sneezed")


@pytest.mark.parametrize("event", [GENESYS, SIMPLE])
@pytest.mark.parametrize("kind", KINDS)
def test_every_way_to_spoil_changes_something_and_keeps_the_id(kind: str, event: dict[str, object]) -> None:
    content = json.dumps(event).encode()
    found = spoilt(kind, content, 1_000)
    assert (found.content, found.content_type) != (content, "application/json")
    changed = _json(found.content)
    assert changed is None or changed.get("id") == event.get("id")


def test_what_is_no_event_is_cut() -> None:
    assert spoilt("bad_timestamp", b"[]", 1).content == b"["
    assert spoilt("wrong_type", b"no JSON!", 1).content == b"no J"


def _json(content: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(content)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
