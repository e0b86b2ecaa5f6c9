"""Obedience to Retry-After."""

import pytest

from harness.errors import NoEvidence
from probes.requests_ignoring_retry_after import requests_ignoring_retry_after
from tests.probes.conftest import SCALE, A, B, Scene

CHANNELS = "/api/v2/notifications/channels"


def refuse(scene: Scene, second: float, status: int = 429, retry_after_s: float = 10) -> None:
    """A is told to come back in `retry_after_s` real-world seconds."""
    scene.call(second, A, "POST", CHANNELS, status=status, retry_after_s=retry_after_s * SCALE)


@pytest.mark.parametrize("status", [429, 503])
def test_who_waits_as_long_as_asked_is_obedient(scene: Scene, status: int) -> None:
    refuse(scene, 10, status)
    scene.call(20.5, A, "POST", CHANNELS)
    assert requests_ignoring_retry_after(configuration=scene.configuration) == 0


def test_more_of_the_same_before_the_time_counts(scene: Scene) -> None:
    refuse(scene, 10)
    refuse(scene, 12)
    refuse(scene, 14)
    assert requests_ignoring_retry_after(configuration=scene.configuration) == 2


def test_other_requests_and_other_agents_are_free(scene: Scene) -> None:
    refuse(scene, 10)
    scene.call(12, A, "GET", "/api/v2/users/me")
    scene.call(12, B, "POST", CHANNELS)
    assert requests_ignoring_retry_after(configuration=scene.configuration) == 0


def test_refused_handshakes_ask_to_wait_as_well(scene: Scene) -> None:
    scene.at(10, "wire", "ws.refused", A, channel="c1", status=429, retry_after_s=10 * SCALE)
    scene.at(12, "wire", "ws.refused", A, channel="c2", status=429, retry_after_s=10 * SCALE)
    assert requests_ignoring_retry_after(configuration=scene.configuration) == 1


def test_the_time_can_be_given_where_the_evidence_has_none(scene: Scene) -> None:
    scene.call(10, A, "POST", CHANNELS, status=429)
    scene.call(12, A, "POST", CHANNELS)
    assert requests_ignoring_retry_after(retry_after_s=5, configuration=scene.configuration) == 1


def test_if_nobody_was_asked_to_wait_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.call(10, A, "POST", CHANNELS, status=503)
    with pytest.raises(NoEvidence):
        requests_ignoring_retry_after(retry_after_s=5, configuration=scene.configuration)
