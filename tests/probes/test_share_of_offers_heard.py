"""Calls that ring at the server and on the desktop."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_offers_heard import share_of_offers_heard
from tests.probes.conftest import A, B, Scene


def test_a_call_that_rings_on_the_desktop_is_heard(scene: Scene) -> None:
    scene.fault(9, cleared_s=20)
    scene.at(21, "crowd", "offer.received", A, conversation="call-1", connected=True)
    scene.sees_call(22, "call-1", A, "connected")
    assert share_of_offers_heard(configuration=scene.configuration) == 1.0


def test_a_deaf_desktop_hears_none(scene: Scene) -> None:
    scene.fault(9, cleared_s=20)
    scene.at(21, "crowd", "offer.received", A, conversation="call-1", connected=True)
    scene.sees_call(22, "call-1", A, "alerting")
    scene.sees_call(23, "call-2", B, "alerting")
    assert share_of_offers_heard(within_s=1, configuration=scene.configuration) == 0.5


def test_offers_of_other_phases_do_not_count(scene: Scene) -> None:
    scene.sees_call(5, "call-1", A, "alerting")
    scene.fault(9, cleared_s=20)
    with pytest.raises(NoEvidence, match="calls offered after the faults"):
        share_of_offers_heard(configuration=scene.configuration)
