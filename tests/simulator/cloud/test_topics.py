"""Which topics there are, and who may have them."""

import pytest

from simulator.cloud.caller import Caller
from simulator.cloud.topics import TEMPLATES, available, judge, split, template_of

ANN = Caller("t", "desktop", "ann")
SERVICE = Caller("t", "service", None)


def test_a_combined_topic_is_all_of_its_parts() -> None:
    assert split("v2.users.ann?presence&conversations.calls") == (
        "v2.users.ann.presence",
        "v2.users.ann.conversations.calls",
    )


@pytest.mark.parametrize(
    ("topic", "template"),
    [
        ("v2.users.ann.routingStatus", "v2.users.{id}.routingStatus"),
        ("v2.users.ann.conversations.calls", "v2.users.{id}.conversations.calls"),
        ("v2.detail.events.conversation.c1.acd.start", "v2.detail.events.conversation.{id}.acd.start"),
        ("v2.users.ann.moods", None),
        ("v2.users.ann", None),
        ("presence", None),
    ],
)
def test_a_topic_has_one_template_or_is_unknown(topic: str, template: str | None) -> None:
    found = template_of(topic)
    assert (found.id if found else None) == template


@pytest.mark.parametrize(
    ("topic", "caller", "missing"),
    [
        ("v2.users.ann.conversations", ANN, ()),
        ("v2.users.ben.presence", ANN, ()),
        ("v2.users.ben.conversations", ANN, ("conversation:communication:view",)),
        ("v2.users.ben?presence&conversations", ANN, ("conversation:communication:view",)),
        ("v2.routing.queues.q1.users", ANN, ("routing:queue:view",)),
        ("v2.users.ben.conversations", SERVICE, ()),
        ("v2.routing.queues.q1.users", SERVICE, ()),
    ],
)
def test_users_may_hear_of_themselves_and_services_of_everybody(
    topic: str, caller: Caller, missing: tuple[str, ...]
) -> None:
    found = judge(topic, caller)
    assert (found.missing, found.reason is None, bool(found.topics)) == (missing, not missing, not missing)


@pytest.mark.parametrize("topic", ["v2.users.ann.moods", "v2.users.ann?presence&moods", "v2.users." + "a" * 200])
def test_an_unknown_or_overlong_topic_is_rejected_without_a_permission(topic: str) -> None:
    found = judge(topic, SERVICE)
    assert (found.as_json()["state"], found.forbidden) == ("Rejected", False)


def test_the_feed_carries_detail_events_presence_activity_and_routing_status() -> None:
    carried = {template.id for template in TEMPLATES if template.for_feed}
    assert "v2.detail.events.conversation.{id}.acd.end" in carried
    assert {name for name in carried if "detail" not in name} == {
        "v2.users.{id}.presence",
        "v2.users.{id}.activity",
        "v2.users.{id}.routingStatus",
    }
    assert {topic["id"] for topic in available() if topic["transports"] == ["All"]} == carried
