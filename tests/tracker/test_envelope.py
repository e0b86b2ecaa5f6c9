"""Deliveries of both dialects are understood, bad ones are named in words, and nothing of it ever raises."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracker.running import SOURCE, acd
from tracker.envelope import MOST_IN_BATCH, Bad, Unsupported, read
from tracker.events import Event, Kind

AT_MS = 1_773_957_888_128
AT = "2026-03-19T22:04:48.128Z"


def one(delivery: Any, sources: tuple[str, ...] = ()) -> Any:
    """The only item of a delivery."""
    (found,) = read(json.dumps(delivery).encode(), sources)
    return found


def real(topic: str, body: dict[str, Any] | None = None, **envelope: Any) -> dict[str, Any]:
    """A detail event of a conversation, with what `body` and `envelope` change; None takes a key out."""
    changed = {**acd("c-1", "start", AT_MS)["detail"]["eventBody"], **(body or {})}
    event: dict[str, Any] = {
        **acd("c-1", "start", AT_MS),
        "detail-type": f"v2.detail.events.conversation.{{id}}.{topic}",
        "detail": {"eventBody": _without_none(changed), "timestamp": AT},
    }
    return _without_none({**event, **envelope})


def simple(edge: str = "enter", **detail: Any) -> dict[str, Any]:
    """An event of the simplified dialect."""
    found = {
        "eventType": f"routing:conversation:queue:member:{edge}",
        "conversationId": "c-1",
        "routingQueueId": "billing",
        "participantId": "p-1",
        "timestamp": AT,
        **detail,
    }
    return {"detail-type": "Conversation", "source": "genesys", "detail": _without_none(found)}


def _without_none(given: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in given.items() if value is not None}


def test_a_queue_is_entered_and_left_by_acd_events() -> None:
    assert one(acd("c-1", "start", AT_MS)) == Event(
        "c-1-billing-1-start", "c-1", Kind.ACD_START, AT_MS, "c-1-acd-1", "billing"
    )
    end = {"acdOutcome": "ANSWERED", "answeredUserId": "ann"}
    assert one(real("acd.end", end, id="e")) == Event(
        "e", "c-1", Kind.ACD_END, AT_MS, "c-1-acd-1", "billing", "ann", "ANSWERED"
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_its_topic(kind: Kind) -> None:
    found = one(real(kind.value.replace("_", "."), {"userId": "ann"}))
    assert (found.kind, found.conversation) == (kind, "c-1")


def test_the_end_of_a_users_leg_says_who_hung_up() -> None:
    found = one(real("user.end", {"userId": "ann", "disconnectType": "PEER", "queueId": None}))
    assert (found.user, found.outcome, found.queue) == ("ann", "PEER", None)


def test_the_simplified_dialect_means_the_same() -> None:
    enter, leave = one(simple("enter")), one(simple("exit"))
    assert (enter.kind, leave.kind) == (Kind.ACD_START, Kind.ACD_END)
    assert (enter.conversation, enter.participant, enter.queue, enter.at_ms) == ("c-1", "p-1", "billing", AT_MS)


@pytest.mark.parametrize("make", [lambda at: simple(timestamp=at), lambda at: real("acd.start", {"eventTime": at})])
@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        (AT, AT_MS),
        ("2026-03-19t22:04:48.128z", AT_MS),
        ("2026-03-20T00:04:48.128+02:00", AT_MS),
        ("2026-03-19T22:04:48Z", AT_MS - 128),
        ("2026-03-19T22:04:48.128999999Z", AT_MS),
    ],
)
def test_times_are_rfc_3339_in_either_dialect(make: Any, text: str, at_ms: int) -> None:
    assert one(make(text)).at_ms == at_ms


def test_without_a_time_of_its_own_an_event_has_that_of_its_detail() -> None:
    assert one(real("acd.start", {"eventTime": None})).at_ms == AT_MS


@pytest.mark.parametrize("delivery", [simple(), real("acd.start", id=None)])
def test_an_event_without_an_id_is_the_same_event_when_it_is_delivered_again(delivery: dict[str, Any]) -> None:
    other = json.loads(json.dumps(delivery).replace("c-1", "c-2"))
    assert one(delivery).id == one(json.loads(json.dumps(delivery, indent=3))).id != one(other).id


@pytest.mark.parametrize("topic", ["attributes", "flow.outcome", "voicemail.start", "outbound", "contact"])
def test_other_topics_are_of_no_interest_whatever_they_hold(topic: str) -> None:
    assert isinstance(one(real(topic, {"conversationId": 5})), Unsupported)
    assert isinstance(one({"detail-type": f"v2.users.{{id}}.{topic}", "detail": {}}), Unsupported)


def test_other_types_of_the_simplified_dialect_are_of_no_interest() -> None:
    assert one(simple(eventType="routing:conversation:transfer")) == Unsupported("routing:conversation:transfer")


@pytest.mark.parametrize("wrap", [list, lambda events: {"events": events}])
def test_a_batch_may_mix_dialects_and_keeps_what_is_good(wrap: Any) -> None:
    body = json.dumps(wrap([acd("c-1", "start", AT_MS), simple(), {"x": 1}, real("attributes")])).encode()
    assert [type(item) for item in read(body)] == [Event, Event, Bad, Unsupported]
    assert read(body)[2] == Bad("detail: expected an object, found nothing", b'{"x":1}')


TEXT = "a text of 1 to 256 printable characters"
BAD = [
    ({}, "detail: expected an object, found nothing"),
    (5, "event: expected an object, found 5"),
    ("x", "event: expected an object, found 'x'"),
    ({"detail": []}, "detail: expected an object, found []"),
    ({"detail": {}}, "detail-type: expected a text, found nothing"),
    ({"detail": {}, "detail-type": 7}, "detail-type: expected a text, found 7"),
    ({**acd("c", "start", AT_MS), "detail": {}}, "detail.eventBody: expected an object, found nothing"),
    (real("acd.start", {"conversationId": None}), f"detail.eventBody.conversationId: expected {TEXT}, found nothing"),
    (real("acd.start", {"conversationId": ""}), f"detail.eventBody.conversationId: expected {TEXT}, found ''"),
    (
        real("acd.start", {"conversationId": {"a": 1}}),
        f"detail.eventBody.conversationId: expected {TEXT}, found {{'a': 1}}",
    ),
    (real("acd.start", {"queueId": None}), f"detail.eventBody.queueId: expected {TEXT}, found nothing"),
    (real("acd.end", {"queueId": ["q"]}), f"detail.eventBody.queueId: expected {TEXT}, found ['q']"),
    (real("acd.start", {"queueId": "a\x00b"}), f"detail.eventBody.queueId: expected {TEXT}, found 'a\\x00b'"),
    (real("acd.start", {"participantId": 5}), f"detail.eventBody.participantId: expected {TEXT}, found 5"),
    (real("acd.end", {"acdOutcome": 5}), f"detail.eventBody.acdOutcome: expected {TEXT}, found 5"),
    (real("acd.start", id=5), f"id: expected {TEXT}, found 5"),
    (
        real("acd.start", {"eventTime": True}),
        "detail.eventBody.eventTime: expected epoch milliseconds or an RFC 3339 time, found True",
    ),
    (
        real("acd.start", {"eventTime": 1773957888}),
        "detail.eventBody.eventTime: expected a time from 2000 to 2099 (epoch milliseconds, not seconds),"
        " found 1773957888",
    ),
    (
        real("acd.start", {"eventTime": "yesterday"}),
        "detail.eventBody.eventTime: expected an RFC 3339 time such as 2026-03-19T22:04:48.128Z, found 'yesterday'",
    ),
    (simple(eventType=5), "detail.eventType: expected a text, found 5"),
    (simple(conversationId=None), f"detail.conversationId: expected {TEXT}, found nothing"),
    (simple(routingQueueId=""), f"detail.routingQueueId: expected {TEXT}, found ''"),
    (simple(timestamp=None), "detail.timestamp: expected epoch milliseconds or an RFC 3339 time, found nothing"),
    (
        simple(timestamp="2026-02-30T00:00:00Z"),
        "detail.timestamp: expected an RFC 3339 time such as 2026-03-19T22:04:48.128Z, found '2026-02-30T00:00:00Z'",
    ),
]


@pytest.mark.parametrize(("delivery", "reason"), BAD)
def test_what_is_wrong_is_said_in_words(delivery: Any, reason: str) -> None:
    assert one(delivery) == Bad(reason, json.dumps(delivery).encode())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"nul", b"NaN", b'"\\ud800"', b"[" * 5000, b'{"a":1}x'])
def test_what_is_no_json_is_said_too(body: bytes) -> None:
    (found,) = read(body)
    assert isinstance(found, Bad)
    assert found.reason.startswith("body: expected JSON, found ")
    assert found.raw == body


@pytest.mark.parametrize("body", [b"[]", b'{"events": []}'])
def test_an_empty_batch_holds_nothing_to_use(body: bytes) -> None:
    assert read(body) == (Bad("body: expected at least one event, found an empty batch", body),)


def test_a_batch_of_very_many_is_refused_as_a_whole() -> None:
    body = b"[" + b",".join([b"1"] * (MOST_IN_BATCH + 1)) + b"]"
    (bad,) = read(body)
    assert bad == Bad("body: expected at most 5000 events, found 5001", body)


def test_events_of_sources_that_may_not_deliver_are_bad() -> None:
    allowed = ("aws.partner/genesys.com/",)
    assert isinstance(one(acd("c", "start", AT_MS), allowed), Event)
    words = "source: expected one that begins with aws.partner/genesys.com/, found "
    assert one({**acd("c", "start", AT_MS), "source": "evil"}, allowed).reason == words + "'evil'"
    assert one(real("attributes", source=None), allowed).reason == words + "nothing"
    assert SOURCE.startswith(allowed)


@pytest.mark.parametrize("depth", [250, 300, 900])
def test_deep_nesting_raises_nothing(depth: int) -> None:
    deep = "[" * depth + "]" * depth
    event = json.dumps(real("acd.start", id=None))[:-1] + f', "more": {deep}}}'
    for item in read(f"[{event}, {deep}]".encode()):
        assert isinstance(item, Event | Bad)
    assert len(read(event.encode())) == 1


def test_a_long_finding_is_cut() -> None:
    assert len(one(real("acd.start", {"conversationId": "x" * 10_000})).reason) < 200


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = ("detail", "detail-type", "id", "source", "events", "eventBody", "eventType", "conversationId", "eventTime",
          "queueId", "participantId", "timestamp", "routingQueueId", "acdOutcome")  # fmt: skip


@given(st.binary(max_size=200))
def test_no_bytes_raise(body: bytes) -> None:
    assert all(isinstance(item, Event | Unsupported | Bad) for item in read(body, ("aws",)))


@given(JSON)
def test_no_json_raises(found: Any) -> None:
    assert read(json.dumps(found).encode())


@given(
    st.sampled_from([acd("c-1", "start", AT_MS), acd("c-1", "end", AT_MS), simple(), [acd("c", "end", AT_MS)]]),
    st.data(),
)
def test_no_change_of_a_good_delivery_raises(delivery: Any, data: st.DataObject) -> None:
    changed = json.loads(json.dumps(delivery))
    places = [place for place in _objects(changed) if place]
    place = data.draw(st.sampled_from(places))
    key = data.draw(st.sampled_from(sorted(place) + list(FIELDS)))
    place[key] = data.draw(JSON)
    for item in read(json.dumps(changed).encode()):
        assert isinstance(item, Unsupported) or (isinstance(item, Bad) and item.reason) or _is_whole(item)


def _objects(found: Any) -> list[dict[str, Any]]:
    if isinstance(found, list):
        return [inner for one in found for inner in _objects(one)]
    if isinstance(found, dict):
        return [found, *(inner for one in found.values() for inner in _objects(one))]
    return []


def _is_whole(event: Any) -> bool:
    texts = (event.id, event.conversation, *(text for text in (event.participant, event.queue, event.outcome) if text))
    return isinstance(event, Event) and all(type(text) is str and text for text in texts) and type(event.at_ms) is int
