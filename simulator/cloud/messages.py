"""What a notification socket says: events, system topics and the messages of the channel itself."""

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.cloud.channels import Channel
    from simulator.cloud.cloud import Cloud

DISPLACED = ("no_longer_subscribed", "another_channel_subscribed")


def metadata(message: str) -> str:
    """A message of the channel itself."""
    return json.dumps({"topicName": "channel.metadata", "eventBody": {"message": message}})


HEARTBEAT = metadata("WebSocket Heartbeat")
PONG = metadata("pong")


def envelope(topic: str, event_body: dict[str, Any]) -> str:
    """An event as a notification socket carries it."""
    metadata = {"CorrelationId": str(uuid.uuid4())}
    message = {"topicName": topic, "version": "2", "eventBody": event_body, "metadata": metadata}
    return json.dumps(message, separators=(",", ":"))


def system_message(cloud: "Cloud", channel: "Channel", kind: str, reason: str | None) -> str:
    """A `SystemMessageSystemMessage` on the topic of its kind."""
    body: dict[str, Any] = {
        "channelId": channel.id,
        "systemTopicType": kind,
        "correlationId": str(uuid.uuid4()),
        "organizationId": cloud.organization_id,
        "userId": channel.owner.user_id,
        "oauthClientId": channel.owner.client_id,
        "oauthClientOrgId": cloud.organization_id,
    }
    if reason is not None:
        body["reason"] = reason
    topic = f"v2.system.{kind}" + (f".{channel.id}" if kind == "no_longer_subscribed" else "")
    return envelope(topic, body)


def closing_notice(cloud: "Cloud", channel: "Channel") -> str:
    """v2.system.socket_closing with the body that the switch `socket_closing_body` names."""
    style = cloud.settings.switches.socket_closing_body
    if style == "system_message":
        return system_message(cloud, channel, "socket_closing", None)
    return envelope(
        "v2.system.socket_closing", {"message": "This socket will be closed."} if style == "message" else {}
    )
