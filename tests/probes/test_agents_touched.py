"""What a fault touched, by the wire's count."""

import pytest

from harness.errors import NoEvidence
from probes.agents_touched import agents_touched
from tests.probes.conftest import CANARY, A, B, Scene


def test_it_counts_one_fault_or_all_and_never_the_canary(scene: Scene) -> None:
    scene.fault(1, name="api_latency")
    for second, agent in ((2, A), (3, A), (4, B), (5, CANARY)):
        scene.at(second, "wire", "fault.touched", agent, fault="api_latency", id="lease-1", what="request")
    scene.at(6, "wire", "fault.touched", CANARY, fault="ws_drop", id="lease-2", what="message")
    assert agents_touched("api_latency", configuration=scene.configuration) == 2
    assert agents_touched(configuration=scene.configuration) == 2
    assert agents_touched("ws_drop", configuration=scene.configuration) == 0


def test_too_few_are_no_evidence(scene: Scene) -> None:
    scene.fault(1, name="api_latency")
    scene.at(2, "wire", "fault.touched", A, fault="api_latency", id="lease-1", what="request")
    with pytest.raises(NoEvidence, match="at least 2 agents that the fault touched, found 1"):
        agents_touched("api_latency", at_least=2, configuration=scene.configuration)
