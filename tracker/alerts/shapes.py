"""What each kind of sink is sent. Pure: notices in, the body of one request out.

Sources: Slack "Sending messages using incoming webhooks"; PagerDuty "Events API v2"; Alertmanager's OpenAPI v2.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from tracker.alerts.lifecycle import Notice, State

SHOWN_IN_DIGEST = 20
WORDS = {"stuck": "stuck in queue", "bouncing": "bouncing in queue"}


def generic(notices: Sequence[Notice], repeat_ms: int, token: str | None) -> dict[str, Any]:
    """One notice as plain JSON; `notice` is its number in the life of the alert, so that a repetition can be told."""
    notice = notices[0]
    alert = notice.alert
    return {
        "alert": alert.kind,
        "key": alert.key,
        "state": str(notice.state),
        "conversation_id": alert.conversation,
        "queue_id": alert.queue,
        "value": alert.value,
        "limit": alert.limit,
        "since": stamp(alert.since_ms),
        "at": stamp(notice.at_ms),
        "notice": alert.notices,
    }


def slack(notices: Sequence[Notice], repeat_ms: int, token: str | None) -> dict[str, Any]:
    """One message: an attachment for each notice, for the first 20 in a storm, and how many more there are."""
    shown, more = notices[:SHOWN_IN_DIGEST], len(notices) - SHOWN_IN_DIGEST
    text = f"{shown[0].state}: {sentence(shown[0])}" if len(notices) == 1 else _tally(notices)
    if more > 0:
        text += f"; {more} of them not shown"
    return {"text": text, "attachments": [_attachment(notice) for notice in shown]}


def _tally(notices: Sequence[Notice]) -> str:
    states = [notice.state for notice in notices]
    return ", ".join(f"{states.count(state)} {state}" for state in State if state in states)


def _attachment(notice: Notice) -> dict[str, Any]:
    alert = notice.alert
    named = {"alert": alert.kind, "state": str(notice.state), "conversation": alert.conversation, "queue": alert.queue}
    return {
        "fallback": f"{notice.state}: {sentence(notice)}",
        "color": "good" if notice.state is State.RESOLVED else "danger",
        "fields": [
            {"title": name, "value": value, "short": True} for name, value in (named | {"key": alert.key}).items()
        ],
    }


def pagerduty(notices: Sequence[Notice], repeat_ms: int, token: str | None) -> dict[str, Any]:
    """One event; the sink's token is the routing key, the alert's key the one to de-duplicate by."""
    notice = notices[0]
    event = {"routing_key": token or "", "dedup_key": notice.alert.key}
    if notice.state is State.RESOLVED:
        return {**event, "event_action": "resolve"}
    payload = {
        "summary": sentence(notice),
        "source": "deskstorm tracker",
        "severity": "error" if notice.alert.kind == "stuck" else "warning",
        "timestamp": stamp(notice.alert.since_ms),
        "component": notice.alert.queue,
        "class": notice.alert.kind,
        "custom_details": generic([notice], repeat_ms, None),
    }
    return {**event, "event_action": "trigger", "payload": payload}


def alertmanager(notices: Sequence[Notice], repeat_ms: int, token: str | None) -> list[dict[str, Any]]:
    """The newest notice of each alert. One that fires ends by itself, should nothing be heard for three repeats."""
    newest = {notice.alert.key: notice for notice in notices}
    return [_posted(notice, repeat_ms) for notice in newest.values()]


def _posted(notice: Notice, repeat_ms: int) -> dict[str, Any]:
    alert = notice.alert
    ends_ms = notice.at_ms + 3 * repeat_ms if alert.ended_ms is None else alert.ended_ms
    return {
        "labels": {
            "alertname": f"Interaction{alert.kind.capitalize()}",
            "conversation_id": alert.conversation,
            "queue_id": alert.queue,
            "severity": "page" if alert.kind == "stuck" else "warning",
        },
        "annotations": {"summary": sentence(notice), "key": alert.key},
        "startsAt": stamp(alert.since_ms),
        "endsAt": stamp(ends_ms),
    }


def sentence(notice: Notice) -> str:
    """The notice for a person."""
    alert = notice.alert
    what = WORDS.get(alert.kind, alert.kind)
    unit = " s" if alert.kind == "stuck" else ""
    return (
        f"conversation {alert.conversation} is {what} {alert.queue}: {alert.value:g}{unit}, limit {alert.limit:g}{unit}"
        if notice.state is not State.RESOLVED
        else f"conversation {alert.conversation} is no longer {what} {alert.queue}"
    )


def stamp(ms: int) -> str:
    """Epoch milliseconds as ISO 8601 in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Shape = Callable[[Sequence[Notice], int, str | None], Any]
SHAPES: Mapping[str, Shape] = MappingProxyType(
    {"generic": generic, "slack": slack, "pagerduty": pagerduty, "alertmanager": alertmanager}
)
