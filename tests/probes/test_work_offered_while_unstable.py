"""New work offered to a desktop that is cut off."""

import pytest

from harness.errors import NoEvidence
from probes.work_offered_while_unstable import work_offered_while_unstable
from tests.probes.conftest import A, Scene


@pytest.fixture
def outage(scene: Scene) -> Scene:
    """A has no socket from second 10 to 30."""
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    scene.socket(A, 30, number=2)
    return scene


def test_it_is_0_when_calls_ring_at_connected_agents_only(outage: Scene) -> None:
    outage.sees_call(9.5, "call-1", A, "alerting")
    outage.sees_call(35, "call-2", A, "alerting")
    assert work_offered_while_unstable(configuration=outage.configuration) == 0


def test_a_call_that_rings_at_an_agent_without_a_socket_counts(outage: Scene) -> None:
    outage.sees_call(20, "call-1", A, "alerting")
    assert work_offered_while_unstable(configuration=outage.configuration) == 1


def test_an_offer_that_a_desktop_shows_while_it_is_not_connected_counts(outage: Scene) -> None:
    outage.at(20, "crowd", "offer.received", A, conversation="call-1", connected=False)
    assert work_offered_while_unstable(configuration=outage.configuration) == 1


def test_without_a_drop_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.fault(9)
    with pytest.raises(NoEvidence):
        work_offered_while_unstable(configuration=scene.configuration)
