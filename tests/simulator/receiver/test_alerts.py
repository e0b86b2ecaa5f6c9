"""The same alert in four shapes is one alert."""

from datetime import UTC, datetime
from typing import Any

import pytest

from harness.errors import BadInput
from simulator.receiver.alerts import Alert, Kind, read_alerts

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STUCK = Alert("stuck", "firing", "c-1", "billing", "stuck:c-1")
NAMED = {"alert": "stuck", "state": "firing", "conversation_id": "c-1", "queue_id": "billing", "key": "stuck:c-1"}


def attached(named: dict[str, str]) -> dict[str, Any]:
    return {"fields": [{"title": key, "value": value, "short": True} for key, value in named.items()]}


SHAPES: dict[Kind, Any] = {
    Kind.GENERIC: NAMED,
    Kind.SLACK: {"text": "firing: c-1", "attachments": [attached(NAMED)]},
    Kind.PAGERDUTY: {
        "event_action": "trigger",
        "dedup_key": "stuck:c-1",
        "payload": {"summary": "c-1 is stuck", "severity": "error", "custom_details": NAMED},
    },
    Kind.ALERTMANAGER: [
        {
            "labels": {"alertname": "InteractionStuck", "conversation_id": "c-1", "queue_id": "billing"},
            "annotations": {"key": "stuck:c-1"},
            "endsAt": "2026-01-02T00:00:00Z",
        }
    ],
}
RESOLVED: dict[Kind, Any] = {
    Kind.GENERIC: NAMED | {"state": "resolved"},
    Kind.SLACK: {"text": "resolved: c-1", "attachments": [attached(NAMED | {"state": "resolved"})]},
    Kind.PAGERDUTY: {"event_action": "resolve", "dedup_key": "stuck:c-1"},
    Kind.ALERTMANAGER: [SHAPES[Kind.ALERTMANAGER][0] | {"endsAt": "2025-12-31T23:59:59Z"}],
}


@pytest.mark.parametrize("kind", Kind)
def test_an_alert_is_the_same_in_every_shape(kind: Kind) -> None:
    assert read_alerts(kind, SHAPES[kind], NOW) == [STUCK]


@pytest.mark.parametrize("kind", Kind)
def test_its_end_is_told_in_every_shape(kind: Kind) -> None:
    found = read_alerts(kind, RESOLVED[kind], NOW)
    assert [(one.alert, one.state, one.key) for one in found] == [("stuck", "resolved", "stuck:c-1")]


def test_a_digest_holds_several() -> None:
    body = {"text": "2 firing", "attachments": [attached(NAMED), attached(NAMED | {"conversation_id": "c-2"})]}
    assert [one.conversation for one in read_alerts(Kind.SLACK, body)] == ["c-1", "c-2"]


def test_sections_of_a_slack_message_are_read_too() -> None:
    fields = [{"type": "mrkdwn", "text": "*Alert*\n`bouncing`"}, {"type": "mrkdwn", "text": "*Conversation*\nc-9"}]
    found = read_alerts(Kind.SLACK, {"text": "x", "blocks": [{"type": "section", "fields": fields}]})
    assert [(one.alert, one.conversation) for one in found] == [("bouncing", "c-9")]


def test_the_alert_of_a_simple_tracker_is_understood() -> None:
    body = {"alert_type": "interaction_stuck", "conversation_id": "c-1", "queue_id": "q", "dwell_seconds": 301.5}
    assert read_alerts(Kind.GENERIC, body) == [Alert("stuck", "firing", "c-1", "q", None)]


def test_another_alert_keeps_its_own_name_and_a_repetition_is_known() -> None:
    found = read_alerts(Kind.GENERIC, {"alert": "disk full", "state": "still firing"})
    assert found == [Alert("disk full", "still firing", None, None, None)]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (Kind.GENERIC, [NAMED]),
        (Kind.SLACK, {"message": "x"}),
        (Kind.PAGERDUTY, {"event_action": "shout"}),
        (Kind.ALERTMANAGER, NAMED),
        (Kind.ALERTMANAGER, [NAMED]),
    ],
)
def test_what_is_no_alert_is_refused(kind: Kind, body: Any) -> None:
    with pytest.raises(BadInput, match=f"{kind} alert"):
        read_alerts(kind, body)
