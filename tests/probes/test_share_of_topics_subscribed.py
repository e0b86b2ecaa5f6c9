"""Topics that the server has for a desktop."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_topics_subscribed import share_of_topics_subscribed
from tests.probes.conftest import A, Scene

WANTED = [f"v2.users.{A}?presence&routingStatus", f"v2.users.{A}.conversations", "v2.forbidden"]


def subscribe(scene: Scene, second: float, channel: str, topics: list[str], rejected: list[str]) -> None:
    """The cloud takes a subscription and a socket for that channel."""
    scene.at(second, "cloud", "cloud.socket.open", A, channel=channel)
    if topics or rejected:
        scene.at(second + 1, "cloud", "cloud.subscribed", A, channel=channel, topics=topics, rejected=rejected)


def test_all_that_can_be_had_is_subscribed(scene: Scene) -> None:
    scene.desktops({"agent": A, "topics": WANTED})
    topics = [f"v2.users.{A}.{name}" for name in ("presence", "routingStatus", "conversations")]
    subscribe(scene, 1, "c1", topics, ["v2.forbidden"])
    assert share_of_topics_subscribed(configuration=scene.configuration) == 1.0


def test_a_missing_topic_shows(scene: Scene) -> None:
    scene.desktops({"agent": A, "topics": WANTED})
    subscribe(scene, 1, "c1", [f"v2.users.{A}.presence", f"v2.users.{A}.routingStatus"], ["v2.forbidden"])
    assert share_of_topics_subscribed(within_s=1, configuration=scene.configuration) == 0.6667


def test_a_new_channel_without_a_subscription_is_deaf(scene: Scene) -> None:
    scene.desktops({"agent": A, "topics": WANTED})
    subscribe(scene, 1, "c1", [f"v2.users.{A}.presence"], ["v2.forbidden"])
    subscribe(scene, 10, "c2", [], [])
    assert share_of_topics_subscribed(configuration=scene.configuration) == 0.0


def test_a_cloud_that_is_not_ours_does_not_tell(scene: Scene) -> None:
    scene.desktops({"agent": A, "topics": WANTED})
    with pytest.raises(NoEvidence):
        share_of_topics_subscribed(configuration=scene.configuration)
