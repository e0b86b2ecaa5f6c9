"""What the webhooks understand: the same alert in four shapes, read into one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from harness.errors import BadInput


class Kind(StrEnum):
    """Who the alert is meant for, which says what it looks like."""

    GENERIC = "generic"
    SLACK = "slack"
    PAGERDUTY = "pagerduty"
    ALERTMANAGER = "alertmanager"


@dataclass(frozen=True)
class Alert:
    """One alert as it was received. `alert` is `stuck`, `bouncing` or what the sender calls it; `state` is `firing`,
    `still firing` or `resolved`; `key` is what the sender tells its alerts apart by, if it says so."""

    alert: str
    state: str
    conversation: str | None
    queue: str | None
    key: str | None


# How senders name the same thing, the plainest first.
ALERTS = ("alert", "alert_type", "alertType", "alertname", "condition", "kind", "type")
CONVERSATIONS = ("conversation", "conversation_id", "conversationId")
QUEUES = ("queue", "queue_id", "queueId")
KEYS = ("key", "dedup_key", "fingerprint", "id")
STATES = ("state", "status", "event_action")
RESOLVED = ("resolve", "resolved", "ok", "closed", "ended")
STILL = ("still firing", "still_firing", "still-firing", "repeat", "reminder", "acknowledge")


def read_alerts(kind: Kind, body: Any, now: datetime | None = None) -> list[Alert]:
    """The alerts of one delivery of `kind`; `BadInput` where its body is none."""
    if kind is Kind.ALERTMANAGER:
        return [_of_alertmanager(one, now or datetime.now(UTC)) for one in _list(body)]
    if not isinstance(body, Mapping):
        raise BadInput(f"{kind} alert", "a JSON object", type(body).__name__)
    if kind is Kind.PAGERDUTY:
        return [_of_pagerduty(body)]
    return _of_slack(body) if kind is Kind.SLACK else [_alert(body)]


def _of_alertmanager(one: Any, now: datetime) -> Alert:
    if not isinstance(one, Mapping) or not isinstance(one.get("labels"), Mapping):
        raise BadInput("alertmanager alert", "an object with labels", one)
    ends = _instant(one.get("endsAt"))
    over = ends is not None and ends <= now
    labels = {"state": "resolved" if over else "firing", **(one.get("annotations") or {}), **one["labels"]}
    return _alert(labels)


def _of_pagerduty(body: Mapping[str, Any]) -> Alert:
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        raise BadInput(
            "pagerduty alert", "an event_action of trigger, acknowledge or resolve", body.get("event_action")
        )
    payload = body.get("payload")
    details = payload.get("custom_details") if isinstance(payload, Mapping) else None
    named = details if isinstance(details, Mapping) else {}
    summary = payload.get("summary") if isinstance(payload, Mapping) else None
    return _alert({"alert": summary or body.get("dedup_key"), **named, **body})


def _of_slack(body: Mapping[str, Any]) -> list[Alert]:
    """One for each attachment with fields, as in a digest; else one for the whole message."""
    if not isinstance(body.get("text"), str) and not body.get("blocks") and not body.get("attachments"):
        raise BadInput("slack alert", "a text, blocks or attachments", sorted(body))
    text = str(body.get("text") or "")
    plain = {"alert": text, "state": "resolved" if "resolved" in text.lower() else ""}
    attached = [dict(_slack_fields(part)) for part in body.get("attachments") or () if isinstance(part, Mapping)]
    sections = {name: value for block in _blocks(body) for name, value in _slack_fields(block)}
    return [_alert(plain | named) for named in attached if named] or [_alert(plain | sections)]


def _blocks(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in (body, *(body.get("attachments") or ())):
        blocks = holder.get("blocks") if isinstance(holder, Mapping) else None
        yield from (block for block in blocks or () if isinstance(block, Mapping))


def _slack_fields(part: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """`title`, `value` of an attachment, or `*name*` newline value of a section, names in small letters."""
    for field in part.get("fields") or ():
        if isinstance(field, Mapping) and "title" in field:
            yield _name(field["title"]), field.get("value")
        elif isinstance(field, Mapping) and "\n" in str(field.get("text", "")):
            title, _, value = str(field["text"]).partition("\n")
            yield _name(title), value.strip("`* ")


def _name(title: Any) -> str:
    return str(title).strip("*: ").lower().replace(" ", "_")


def _alert(named: Mapping[str, Any]) -> Alert:
    said = str(_first(named, ALERTS) or "")
    state = str(_first(named, STATES) or "").lower()
    return Alert(
        alert=_word(said),
        state="resolved" if state in RESOLVED else "still firing" if state in STILL else "firing",
        conversation=_text(_first(named, CONVERSATIONS)),
        queue=_text(_first(named, QUEUES)),
        key=_text(_first(named, KEYS)),
    )


def _word(said: str) -> str:
    low = said.lower()
    for word, marks in (("stuck", ("stuck", "dwell")), ("bouncing", ("bounc", "anomal"))):
        if any(mark in low for mark in marks):
            return word
    return said[:120] or "unknown"


def _first(named: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((named[key] for key in keys if named.get(key) not in (None, "")), None)


def _text(found: Any) -> str | None:
    return None if found is None else str(found)[:200]


def _list(body: Any) -> list[Any]:
    if not isinstance(body, list):
        raise BadInput("alertmanager alerts", "a JSON list", type(body).__name__)
    return body


def _instant(found: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(found))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
