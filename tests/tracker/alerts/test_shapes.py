"""Each kind of sink is sent what its documentation asks for."""

import pytest

from tracker.alerts.lifecycle import Alert, Notice, State
from tracker.alerts.shapes import SHAPES, alertmanager, generic, pagerduty, slack

ALERT = Alert("stuck", "c-1", "billing", 1_700_000_000_000, 301.5, 300.0, notices=1, noticed_ms=1_700_000_301_500)
FIRING = Notice(State.FIRING, 1_700_000_301_500, ALERT)
ENDED = Alert("stuck", "c-1", "billing", 1_700_000_000_000, 320.0, 300.0, 2, 1_700_000_320_000, 1_700_000_320_000)
RESOLVED = Notice(State.RESOLVED, 1_700_000_320_000, ENDED)
REPEAT_MS = 60_000


def test_generic_is_the_notice_as_it_is() -> None:
    assert generic([FIRING], REPEAT_MS, None) == {
        "alert": "stuck",
        "key": "stuck:c-1:billing",
        "state": "firing",
        "conversation_id": "c-1",
        "queue_id": "billing",
        "value": 301.5,
        "limit": 300.0,
        "since": "2023-11-14T22:13:20.000Z",
        "at": "2023-11-14T22:18:21.500Z",
        "notice": 1,
    }


def test_slack_is_a_text_and_fields() -> None:
    found = slack([FIRING], REPEAT_MS, None)
    assert found["text"] == "firing: conversation c-1 is stuck in queue billing: 301.5 s, limit 300 s"
    assert {field["title"]: field["value"] for field in found["attachments"][0]["fields"]} == {
        "alert": "stuck",
        "state": "firing",
        "conversation": "c-1",
        "queue": "billing",
        "key": "stuck:c-1:billing",
    }


def test_slack_gets_one_digest_of_a_storm() -> None:
    found = slack([FIRING] * 30 + [RESOLVED], REPEAT_MS, None)
    assert found["text"] == "30 firing, 1 resolved; 11 of them not shown"
    assert len(found["attachments"]) == 20


def test_pagerduty_triggers_and_resolves_by_one_key() -> None:
    trigger, resolve = pagerduty([FIRING], REPEAT_MS, "key"), pagerduty([RESOLVED], REPEAT_MS, "key")
    assert resolve == {"routing_key": "key", "dedup_key": "stuck:c-1:billing", "event_action": "resolve"}
    assert (trigger["routing_key"], trigger["dedup_key"]) == ("key", "stuck:c-1:billing")
    assert (trigger["event_action"], trigger["payload"]["severity"]) == ("trigger", "error")
    assert trigger["payload"]["timestamp"] == "2023-11-14T22:13:20.000Z"


def test_alertmanager_gets_the_newest_of_each_alert_with_its_times() -> None:
    [posted] = alertmanager([FIRING, RESOLVED], REPEAT_MS, None)
    assert (posted["startsAt"], posted["endsAt"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T22:18:40.000Z")
    [lasting] = alertmanager([FIRING], REPEAT_MS, None)
    assert lasting["endsAt"] == "2023-11-14T22:21:21.500Z"
    assert lasting["labels"] == {
        "alertname": "InteractionStuck",
        "conversation_id": "c-1",
        "queue_id": "billing",
        "severity": "page",
    }


@pytest.mark.parametrize("kind", [kind for kind in SHAPES if kind != "pagerduty"])
def test_only_pagerduty_is_sent_the_token_in_the_body(kind: str) -> None:
    assert "a-secret" not in str(SHAPES[kind]([FIRING], REPEAT_MS, "a-secret"))
