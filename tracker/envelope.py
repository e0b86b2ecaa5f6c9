"""Parses a delivery: bytes -> events, in either dialect, one or many. Pure, and never raises.

The real one is Amazon EventBridge's envelope around a detail event of Genesys Cloud (times are epoch milliseconds);
the simplified one has `detail: {eventType: "routing:conversation:queue:member:enter" | "...:exit", conversationId,
routingQueueId, participantId, timestamp}` with an RFC 3339 time. A batch is an array or `{"events": [...]}` of either.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import orjson

from tracker.events import Event, Kind

PREFIX = "v2.detail.events.conversation."
KINDS = {kind.value.replace("_", "."): kind for kind in Kind}
SIMPLE_KINDS = {
    "routing:conversation:queue:member:enter": Kind.ACD_START,
    "routing:conversation:queue:member:exit": Kind.ACD_END,
}
OUTCOMES = {Kind.ACD_END: "acdOutcome", Kind.USER_END: "disconnectType"}
RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_MS, LAST_MS = 946_684_800_000, 4_102_444_800_000  # the years 2000 to 2099: seconds are not milliseconds
LONGEST_TEXT = 256
LONGEST_FOUND = 60
MOST_IN_BATCH = 5_000


@dataclass(frozen=True, slots=True)
class Unsupported:
    """An event of a topic that says nothing about queues: answered 200 and counted."""

    topic: str


@dataclass(frozen=True, slots=True)
class Bad:
    """What cannot be used, why, and the bytes of it."""

    reason: str
    raw: bytes


Item = Event | Unsupported | Bad
Reader = Callable[[bytes], Sequence[Item]]


class _Wrong(Exception):
    """One field is wrong; the text says which one, what was expected and what was found."""

    def __init__(self, what: str, expected: str, found: object) -> None:
        words = "nothing" if found is None else repr(found)
        cut = words if len(words) <= LONGEST_FOUND else f"{words[:LONGEST_FOUND]}..."
        super().__init__(f"{what}: expected {expected}, found {cut}")


def reader(sources: tuple[str, ...] = ()) -> Reader:
    """A parser that takes events only from sources with one of these prefixes; from any, if there are none."""
    return lambda body: read(body, sources)


def read(body: bytes, sources: tuple[str, ...] = ()) -> Sequence[Item]:
    """The events of one delivery, in its order; at least one item."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return (Bad(f"body: expected JSON, found {error}" if body else "body: expected JSON, found nothing", body),)
    many = given.get("events") if type(given) is dict and "detail" not in given else given
    if type(many) is not list:
        return (_item(given, body, sources),)
    if not many:
        return (Bad("body: expected at least one event, found an empty batch", body),)
    if len(many) > MOST_IN_BATCH:
        return (Bad(f"body: expected at most {MOST_IN_BATCH} events, found {len(many)}", body),)
    return [_item(one, None, sources) for one in many]


def _item(given: Any, raw: bytes | None, sources: tuple[str, ...]) -> Item:
    try:
        return _event(given, sources)
    except _Wrong as wrong:
        return Bad(str(wrong), _bytes(given) if raw is None else raw)


def _event(given: Any, sources: tuple[str, ...]) -> Event | Unsupported:
    if type(given) is not dict:
        raise _Wrong("event", "an object", given)
    if sources:
        _check_source(given.get("source"), sources)
    detail = given.get("detail")
    if type(detail) is not dict:
        raise _Wrong("detail", "an object", detail)
    if "eventType" in detail and "eventBody" not in detail:
        return _simple(given, detail)
    topic = given.get("detail-type")
    if type(topic) is not str:
        raise _Wrong("detail-type", "a text", topic)
    kind = _kind(topic) if len(topic) <= LONGEST_TEXT else None
    return Unsupported(topic) if kind is None else _real(given, detail, kind)


@lru_cache(maxsize=256)  # most bring the same few
def _kind(topic: str) -> Kind | None:
    return KINDS.get(topic[len(PREFIX) :].partition(".")[2]) if topic.startswith(PREFIX) else None


def _real(given: dict[str, Any], detail: dict[str, Any], kind: Kind) -> Event:
    body = detail.get("eventBody")
    if type(body) is not dict:
        raise _Wrong("detail.eventBody", "an object", body)
    queue = _text(body, "queueId", kind is Kind.ACD_START or kind is Kind.ACD_END)
    when = body.get("eventTime")
    where = "detail.eventBody.eventTime"
    if when is None:
        when, where = detail.get("timestamp"), "detail.timestamp"
    outcome = OUTCOMES.get(kind)
    return Event(
        _identity(given) or _digest(given),
        _text(body, "conversationId", True) or "",
        kind,
        _instant(when, where),
        _text(body, "participantId", False),
        queue,
        _text(body, "answeredUserId" if kind is Kind.ACD_END else "userId", False),
        None if outcome is None else _text(body, outcome, False),
    )


def _simple(given: dict[str, Any], detail: dict[str, Any]) -> Event | Unsupported:
    topic = detail["eventType"]
    if type(topic) is not str:
        raise _Wrong("detail.eventType", "a text", topic)
    kind = SIMPLE_KINDS.get(topic)
    if kind is None:
        return Unsupported(topic)
    conversation = _text(detail, "conversationId", True, "detail") or ""
    queue = _text(detail, "routingQueueId", True, "detail")
    participant = _text(detail, "participantId", False, "detail")
    at_ms = _instant(detail.get("timestamp"), "detail.timestamp")
    identity = _identity(given) or _digest([conversation, topic, queue, participant, at_ms])
    return Event(identity, conversation, kind, at_ms, participant, queue)


def _check_source(source: object, sources: tuple[str, ...]) -> None:
    if type(source) is not str or not source.startswith(sources):
        raise _Wrong("source", f"one that begins with {' or '.join(sources)}", source)


def _identity(given: dict[str, Any]) -> str | None:
    return _text(given, "id", False, "") if given.get("id") != "" else None


def _digest(given: object) -> str:
    """The identity of an event that came without one: the same content, delivered again, is the same event."""
    return "sha256:" + hashlib.sha256(_bytes(given)).hexdigest()[:40]


def _bytes(given: object) -> bytes:
    """The JSON of one event of a batch, with its keys in order."""
    try:
        return orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        # It reads more levels than it writes.
        return repr(given).encode()


def _text(given: dict[str, Any], key: str, needed: bool, where: str = "detail.eventBody") -> str | None:
    found = given.get(key)
    if type(found) is str and found and len(found) <= LONGEST_TEXT and found.isprintable():
        return found
    if not needed and (found is None or found == ""):
        return None
    expected = f"a text of 1 to {LONGEST_TEXT} printable characters"
    raise _Wrong(f"{where}.{key}" if where else key, expected, found)


def _instant(found: object, where: str) -> int:
    """Epoch milliseconds of a number of them, or of an RFC 3339 time."""
    if type(found) is str:
        at_ms = _rfc_3339(found, where)
    elif type(found) is int or (type(found) is float and found.is_integer()):
        at_ms = int(found)
    else:
        raise _Wrong(where, "epoch milliseconds or an RFC 3339 time", found)
    if not FIRST_MS <= at_ms < LAST_MS:
        raise _Wrong(where, "a time from 2000 to 2099 (epoch milliseconds, not seconds)", found)
    return at_ms


def _rfc_3339(text: str, where: str) -> int:
    if len(text) <= LONGEST_FOUND and RFC_3339.fullmatch(text):
        try:
            return (datetime.fromisoformat(text.upper()) - EPOCH) // timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            pass
    raise _Wrong(where, "an RFC 3339 time such as 2026-03-19T22:04:48.128Z", text)
