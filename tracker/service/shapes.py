"""How the tracker shows what it knows: JSON values in the words of the public API."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tracker.alerts.lifecycle import Alert
from tracker.dwell import Percentiles
from tracker.ledger import Interaction, Transition, Visit
from tracker.store import DeadLetter


def instant(at_ms: int | None) -> str | None:
    """RFC 3339 with milliseconds, in UTC."""
    if at_ms is None:
        return None
    whole = datetime.fromtimestamp(at_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{at_ms % 1000:03d}Z"


def health(found: Interaction, enrichment: dict[str, Any], participants: Sequence[Any]) -> dict[str, Any]:
    """The answer of the health query; all of `found` is of one version."""
    return {
        "conversation_id": found.conversation,
        "version": found.version,
        "current_state": state(found),
        "participants": list(participants),
        "enrichment": enrichment,
        "last_updated": instant(found.last_ms),
    }


def state(found: Interaction) -> dict[str, Any]:
    """What the events say about the conversation."""
    return {
        "queue_id": found.current_queue,
        "entered": instant(found.entered_ms),
        "bounce_count": found.bounces,
        "bounce_ratio": round(found.bounce_ratio, 4),
        "transitions": [_transition(one) for one in found.transitions],
        "visits": [_visit(one) for one in found.visits],
        "is_stuck": found.stuck,
        "is_anomalous": found.anomalous,
        "open": found.open,
        "finished": instant(found.finished_ms),
        "phantoms": list(found.phantoms),
    }


def entity(found: Interaction) -> dict[str, Any]:
    """One line of a listing."""
    return {
        "conversation_id": found.conversation,
        "version": found.version,
        "queue_id": found.current_queue,
        "entered": instant(found.entered_ms),
        "bounce_count": found.bounces,
        "is_stuck": found.stuck,
        "is_anomalous": found.anomalous,
        "open": found.open,
        "last_updated": instant(found.last_ms),
    }


def _transition(one: Transition) -> dict[str, Any]:
    at = instant(one.at_ms)
    return {"type": one.type, "queue_id": one.queue, "participant_id": one.participant, "timestamp": at}


def _visit(one: Visit) -> dict[str, Any]:
    return {
        "queue_id": one.queue,
        "participant_id": one.participant,
        "entered": instant(one.entered_ms),
        "left": instant(one.left_ms),
        "dwell_seconds": None if one.dwell_ms is None else one.dwell_ms / 1000,
        "outcome": one.outcome,
    }


def dwell(found: Percentiles) -> dict[str, Any]:
    """The percentiles of a queue; null where no visit ended."""
    return {
        "p50_seconds": found.p50,
        "p95_seconds": found.p95,
        "p99_seconds": found.p99,
        "count": found.count,
    }


def alert(found: Alert) -> dict[str, Any]:
    """One alert; `value` and `limit` are seconds or bounces, `notices` is how often it was said."""
    return {
        "key": found.key,
        "kind": found.kind,
        "conversation_id": found.conversation,
        "queue_id": found.queue,
        "state": "firing" if found.ended_ms is None else "resolved",
        "since": instant(found.since_ms),
        "ended": instant(found.ended_ms),
        "value": found.value,
        "limit": found.limit,
        "notices": found.notices,
    }


def dead_letter(found: DeadLetter) -> dict[str, Any]:
    """One delivery that could not be used, and why."""
    return {"number": found.number, "at": instant(found.at_ms), "reason": found.reason, "raw": found.raw}
