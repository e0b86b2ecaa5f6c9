"""Ways to spoil a delivery. Pure. Each keeps the id of the event: one that is taken all the same does no harm."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

JSON = "application/json"
Event = dict[str, Any]
# Genesys' own events keep what happened in `detail.eventBody`; simplified ones in `detail` itself.
TIMES = ("eventTime", "timestamp", "time")


@dataclass(frozen=True)
class Spoilt:
    """A delivery with something wrong."""

    content: bytes
    content_type: str = JSON


def spoilt(kind: str, content: bytes, huge_bytes: int) -> Spoilt:
    """`content`, an event in JSON, spoilt in one of the ways of `KINDS`; what is no such event is cut in half."""
    if kind == "cut_json":
        return Spoilt(content[: len(content) // 2] or b"{")
    if kind == "content_type":
        return Spoilt(content, "application/octet-stream")
    try:
        event = json.loads(content)
    except ValueError:
        return Spoilt(content[: len(content) // 2] or b"{")
    if isinstance(event, list) and event:
        event = event[0]
    if not isinstance(event, dict) or not isinstance(event.get("detail"), dict):
        return Spoilt(content[: len(content) // 2] or b"{")
    if kind == "huge":
        return Spoilt(json.dumps({**event, "padding": "x" * huge_bytes}).encode())
    event = copy.deepcopy(event)
    _CHANGES[kind](event)
    return Spoilt(json.dumps(event).encode())


def _missing_field(event: Event) -> None:
    if "eventBody" in event["detail"]:
        del event["detail"]["eventBody"]
    else:
        event["detail"].pop("conversationId", None)


def _wrong_type(event: Event) -> None:
    if "eventBody" in event["detail"]:
        event["detail"]["eventBody"] = [event["detail"]["eventBody"]]
    else:
        event["detail"] = [event["detail"]]


def _bad_timestamp(event: Event) -> None:
    for place in (event, event["detail"], event["detail"].get("eventBody")):
        for key in TIMES:
            if isinstance(place, dict) and key in place:
                place[key] = "the day before yesterday"


def _unsupported(event: Event) -> None:
    if "eventType" in event["detail"]:
        event["detail"]["eventType"] = "routing:conversation:queue:member:sneezed"
        return
    event["detail-type"] = "v2.detail.events.conversation.{id}.sneezed"
    topic = str(event["detail"].get("topicName", ""))
    event["detail"]["topicName"] = f"{'.'.join(topic.split('.')[:5])}.sneezed"


_CHANGES: dict[str, Callable[[Event], None]] = {
    "missing_field": _missing_field,
    "wrong_type": _wrong_type,
    "bad_timestamp": _bad_timestamp,
    "unsupported": _unsupported,
}
KINDS = ("cut_json", "content_type", "huge", *_CHANGES)
