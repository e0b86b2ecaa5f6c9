"""Which notification topics there are, and who may subscribe to them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from simulator.cloud.caller import Caller

MAX_LENGTH = 200

DETAIL = (
    "customer.start customer.end flow.start flow.end flow.outcome acd.start acd.end user.start user.end acw wrapup "
    "attributes contact outbound voicemail.start voicemail.end"
).split()


@dataclass(frozen=True)
class Template:
    """A topic with `{id}` in it. A user needs `permission` (None: nobody does) unless `own` and it is about themselves.

    Which permission each topic needs in the real API is read from its documentation's families, not from an org.
    """

    id: str
    permission: str | None = None
    own: bool = False

    @property
    def for_feed(self) -> bool:
        """Whether the event feed carries it as well."""
        return self.id.startswith("v2.detail.") or self.id.rsplit(".", 1)[-1] in FEED_ENDINGS


FEED_ENDINGS = frozenset({"presence", "activity", "routingStatus"})

TEMPLATES = (
    Template("v2.users.{id}.presence"),
    Template("v2.users.{id}.outofoffice"),
    Template("v2.users.{id}.routingStatus", "routing:queue:view", own=True),
    Template("v2.users.{id}.activity", "analytics:agent:view", own=True),
    Template("v2.users.{id}.conversations", "conversation:communication:view", own=True),
    Template("v2.users.{id}.conversations.calls", "conversation:communication:view", own=True),
    Template("v2.users.{id}.conversationsummary", "conversation:communication:view", own=True),
    Template("v2.users.{id}.station", "telephony:phone:view", own=True),
    Template("v2.users.{id}.tokens", "oauth:token:view", own=True),
    Template("v2.routing.queues.{id}.users", "routing:queue:view"),
    Template("v2.routing.queues.{id}.conversations", "conversation:communication:view"),
    Template("v2.routing.queues.{id}.conversations.calls", "conversation:communication:view"),
    *(Template(f"v2.detail.events.conversation.{{id}}.{ending}", "analytics:conversation:view") for ending in DETAIL),
)


@dataclass(frozen=True)
class Judgement:
    """What became of one requested topic: no `reason` means that it is permitted, as these plain `topics`."""

    id: str
    topics: tuple[str, ...] = ()
    reason: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def forbidden(self) -> bool:
        """Whether a permission is what it lacks."""
        return bool(self.missing)

    def as_json(self) -> dict[str, Any]:
        """Genesys' ChannelTopic."""
        found: dict[str, Any] = {"id": self.id, "state": "Rejected" if self.reason else "Permitted"}
        if self.reason:
            found |= {"rejectionReason": self.reason, "missingPermissions": list(self.missing)}
        return {**found, "selfUri": f"/api/v2/notifications/topics/{self.id}"}


def split(topic: str) -> tuple[str, ...]:
    """The plain topics of a combined one: `v2.users.1?presence&activity`."""
    base, mark, endings = topic.partition("?")
    return tuple(f"{base}.{ending}" for ending in endings.split("&")) if mark else (topic,)


def judge(topic: str, caller: Caller) -> Judgement:
    """Whether `caller` may have `topic`; a combined topic is rejected if one part of it is."""
    if len(topic) >= MAX_LENGTH:
        return Judgement(topic, reason=f"topic names have fewer than {MAX_LENGTH} characters")
    parts = split(topic)
    for part in parts:
        template = template_of(part)
        if template is None:
            return Judgement(topic, reason=f"invalid topic: {part}")
        if not _allowed(template, part, caller):
            missing = (str(template.permission),)
            return Judgement(topic, reason=f"missing permissions: {template.permission}", missing=missing)
    return Judgement(topic, topics=parts)


def template_of(topic: str) -> Template | None:
    """The template that a plain topic was filled from; None for an unknown one."""
    return next((template for template in TEMPLATES if _pattern(template.id).fullmatch(topic)), None)


def available() -> Iterator[dict[str, Any]]:
    """Genesys' AvailableTopic of each template."""
    for template in TEMPLATES:
        needed = [template.permission] if template.permission else []
        yield {
            "id": template.id,
            "description": f"Events of {template.id}",
            "requiresPermissions": needed,
            "permissionDetails": [{"type": "requiresPermissions", "permissions": needed}] if needed else [],
            "transports": ["All" if template.for_feed else "WebSocket"],
            "topicParameters": ["id"],
        }


def _allowed(template: Template, topic: str, caller: Caller) -> bool:
    # Client credentials are bound by roles, and those of the test client allow everything.
    if caller.user_id is None or template.permission is None:
        return True
    return template.own and topic.split(".")[2] == caller.user_id


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(r"\{id\}", r"[^.?&]+"))
