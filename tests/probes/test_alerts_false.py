"""Alerts that should not have come."""

import time
from contextlib import ExitStack

import pytest

from harness.errors import NoEvidence
from probes.alerts_false import alerts_false
from tests.probes.conftest import BASE_NS, SCALE, Scene
from tests.probes.tracked import SALES, alerted, waits, with_tracker


def test_an_alert_about_a_conversation_within_its_limits_is_false(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    waits(scene, "c-2", since_s=50)
    alerted(scene, "c-1", 45)
    assert alerts_false(configuration=scene.configuration) == []
    alerted(scene, "c-2", 1)
    alerted(scene, "c-2", 1)
    alerted(scene, "c-1", 1, alert="bouncing")
    false = ["bouncing c-1 in billing", "stuck c-2 in billing before its time"]
    assert alerts_false(configuration=scene.configuration) == false


def test_an_alert_that_comes_before_the_limit_is_false_and_so_is_one_about_another_queue(
    scene: Scene, handles: ExitStack
) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    waits(scene, "c-2", since_s=150)
    waits(scene, "c-3", since_s=150)
    waits(scene, "c-4", since_s=10)
    alerted(scene, "c-1", 51)
    alerted(scene, "c-2", 70)
    alerted(scene, "c-3", 40, queue=SALES)
    alerted(scene, "c-3", 40, queue=None)
    false = ["stuck c-2 in billing before its time", "stuck c-3 in sales"]
    assert alerts_false(configuration=scene.configuration) == false


def test_an_alert_about_no_conversation_is_not_looked_at(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=10)
    alerted(scene, None, 5, alert="the store is down", queue=None)
    assert alerts_false(configuration=scene.configuration) == []


def test_a_stay_close_to_the_limit_may_be_alerted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=149, until_s=50)
    waits(scene, "c-2", since_s=30)
    alerted(scene, "c-1", 50)
    assert alerts_false(slack_s=5, configuration=scene.configuration) == []


def test_without_conversations_that_must_not_alert_there_is_nothing_to_measure(
    scene: Scene, handles: ExitStack
) -> None:
    with_tracker(scene, handles)
    waits(scene, "c-1", since_s=150)
    with pytest.raises(NoEvidence, match="at least 1 conversations that must not be alerted, found 0"):
        alerts_false(configuration=scene.configuration)


def test_a_stay_whose_end_was_told_late_may_be_alerted(scene: Scene, handles: ExitStack) -> None:
    with_tracker(scene, handles)
    for conversation in ("c-1", "c-2"):
        waits(scene, conversation, since_s=150, until_s=140)
        alerted(scene, conversation, 45)
    told(scene, "c-1", 40)
    told(scene, "c-2", 139)
    assert alerts_false(configuration=scene.configuration) == ["stuck c-2 in billing"]


def told(scene: Scene, conversation: str, ago_s: float) -> None:
    """The cloud's feed tells the end of a stay, and it is acknowledged so many real-world seconds ago."""
    topic = f"v2.detail.events.conversation.{conversation}.acd.end"
    real_s = (time.monotonic_ns() - BASE_NS) / 1e9 / SCALE - ago_s
    scene.at(
        real_s,
        "cloud",
        "cloud.feed.sent",
        event=f"{conversation}-end",
        conversation=conversation,
        topic=topic,
        attempt=1,
    )
    scene.at(real_s, "cloud", "cloud.feed.answered", event=f"{conversation}-end", status=200)
