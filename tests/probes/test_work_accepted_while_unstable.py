"""New work taken by a desktop that is cut off."""

import pytest

from harness.errors import NoEvidence
from probes.work_accepted_while_unstable import work_accepted_while_unstable
from tests.probes.conftest import A, B, Scene


@pytest.fixture
def outage(scene: Scene) -> Scene:
    """A has no socket from second 10 to 30."""
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    scene.socket(A, 30, number=2)
    return scene


def test_it_is_0_when_calls_are_taken_before_and_after_only(outage: Scene) -> None:
    outage.at(9.5, "crowd", "offer.accepted", A, conversation="call-1", connected=True)
    outage.at(31, "crowd", "offer.accepted", A, conversation="call-2", connected=True)
    assert work_accepted_while_unstable(configuration=outage.configuration) == 0


@pytest.mark.parametrize("says_connected", [True, False])
def test_a_call_taken_without_a_socket_counts_whatever_the_desktop_believes(
    outage: Scene, says_connected: bool
) -> None:
    outage.at(20, "crowd", "offer.accepted", A, conversation="call-1", connected=says_connected)
    assert work_accepted_while_unstable(configuration=outage.configuration) == 1


def test_a_desktop_cannot_know_at_once(outage: Scene) -> None:
    outage.at(10.5, "crowd", "offer.accepted", A, conversation="call-1", connected=True)
    assert work_accepted_while_unstable(grace_s=1, configuration=outage.configuration) == 0


def test_a_call_that_the_server_connects_counts_though_the_desktop_says_nothing(outage: Scene) -> None:
    outage.sees_call(15, "call-1", A, "alerting")
    outage.sees_call(20, "call-1", A, "connected")
    assert work_accepted_while_unstable(configuration=outage.configuration) == 1


def test_the_same_call_seen_by_both_counts_once(outage: Scene) -> None:
    outage.sees_call(15, "call-1", A, "alerting")
    outage.at(17, "crowd", "offer.accepted", A, conversation="call-1", connected=False)
    outage.sees_call(20, "call-1", A, "connected")
    assert work_accepted_while_unstable(configuration=outage.configuration) == 1


def test_without_a_drop_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.socket(B, 1, number=1)
    scene.fault(9)
    with pytest.raises(NoEvidence):
        work_accepted_while_unstable(configuration=scene.configuration)
