"""How an event looks when it is delivered: as Amazon EventBridge does, with Genesys' own or with simplified detail."""

import uuid
from typing import TYPE_CHECKING, Any

from simulator.cloud.cloud import instant
from simulator.cloud.platform.clock import iso
from simulator.cloud.topics import template_of

if TYPE_CHECKING:
    from simulator.cloud.cloud import Cloud

MEMBER = "routing:conversation:queue:member"
SIMPLE = {"acd.start": f"{MEMBER}:enter", "acd.end": f"{MEMBER}:exit"}


def envelope(cloud: "Cloud", topic: str, event_body: dict[str, Any], dialect: str) -> dict[str, Any] | None:
    """The delivery of one event in `dialect`; None if the feed does not carry it."""
    template = template_of(topic)
    if template is None or not template.for_feed:
        return None
    if dialect == "seed":
        return _simple(cloud, topic, event_body)
    now = instant(cloud.wall())
    detail = {
        "topicName": topic,
        "version": "2",
        "eventBody": event_body,
        "metadata": {"CorrelationId": str(uuid.uuid4())},
        "timestamp": now,
    }
    return _bridged(cloud, template.id, detail)


def _simple(cloud: "Cloud", topic: str, event_body: dict[str, Any]) -> dict[str, Any] | None:
    """A conversation that enters or leaves a queue; there is no other event in this dialect."""
    kind = next((kind for ending, kind in SIMPLE.items() if topic.endswith(f".{ending}")), None)
    if kind is None:
        return None
    detail = {
        "eventType": kind,
        "conversationId": event_body["conversationId"],
        "routingQueueId": event_body["queueId"],
        "participantId": event_body["participantId"],
        "timestamp": iso(event_body["eventTime"]),
    }
    return _bridged(cloud, kind, detail)


def _bridged(cloud: "Cloud", detail_type: str, detail: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": f"aws.partner/genesys.com/cloud/{cloud.organization_id}/deskstorm",
        "account": "000000000000",
        "time": f"{instant(cloud.wall())[:19]}Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }
