"""What a fault touched, by the wire's count."""

import pytest

from harness.errors import NoEvidence
from probes.faults_touched import faults_touched
from tests.probes.conftest import CANARY, A, B, Scene


def test_it_counts_one_fault_or_all_and_never_the_canary(scene: Scene) -> None:
    scene.fault(1, name="api_latency")
    for second, agent in ((2, A), (3, A), (4, B), (5, CANARY)):
        scene.at(second, "wire", "fault.touched", agent, fault="api_latency", id="lease-1", what="request")
    scene.at(6, "wire", "fault.touched", CANARY, fault="ws_drop", id="lease-2", what="message")
    assert faults_touched("api_latency", configuration=scene.configuration) == 3
    assert faults_touched(configuration=scene.configuration) == 3
    assert faults_touched("ws_drop", configuration=scene.configuration) == 0


def test_what_met_the_tracker_is_counted_apart_and_too_little_is_no_evidence(scene: Scene) -> None:
    scene.fault(1, name="token_expiry")
    for second, agent in ((2, "tracker"), (3, CANARY), (4, A), (5, None)):
        scene.at(second, "wire", "fault.touched", agent, fault="token_expiry", id="lease-1", what="token lives 4 s")
    assert faults_touched("token_expiry", 1, of_tracker=True, configuration=scene.configuration) == 1
    with pytest.raises(NoEvidence, match="expected at least 2 that the fault touched, found 1"):
        faults_touched("token_expiry", 2, of_tracker=True, configuration=scene.configuration)
