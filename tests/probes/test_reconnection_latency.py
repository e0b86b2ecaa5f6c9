"""The time between losing a socket and having one again."""

import pytest

from harness.errors import BadInput, NoEvidence
from probes.reconnection_latency import reconnection_latency
from tests.probes.conftest import CANARY, A, B, C, Scene


def test_it_is_the_longest_outage_of_each_agent_in_real_seconds(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, 10, number=2)
    scene.socket(C, 1, number=3)
    scene.fault(9)
    scene.socket(A, 12, 20, number=4)
    scene.socket(B, 14, number=5)
    scene.socket(A, 27, number=6)
    assert reconnection_latency("max", configuration=scene.configuration) == 7.0
    assert reconnection_latency("min", configuration=scene.configuration) == 4.0
    assert reconnection_latency("p50", configuration=scene.configuration) == 4.0


def test_an_agent_who_never_comes_back_is_counted_and_not_left_out(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, 10, number=2)
    scene.fault(9)
    scene.socket(A, 12, number=3)
    assert reconnection_latency("p95", within_s=1, configuration=scene.configuration) == 999_999.0
    assert reconnection_latency("p50", configuration=scene.configuration) == 2.0


def test_drops_before_the_fault_and_those_of_the_canary_are_none_of_its_business(scene: Scene) -> None:
    scene.socket(A, 1, 3, number=1)
    scene.socket(A, 8, number=2)
    scene.socket(CANARY, 1, 10, number=3)
    scene.fault(9)
    with pytest.raises(NoEvidence, match="expected agents that lost their socket, found none"):
        reconnection_latency(configuration=scene.configuration)


def test_a_logout_that_the_agent_asked_for_is_no_outage(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, 10, number=2)
    scene.fault(9)
    scene.at(9.9, "crowd", "logged_out", A, reason="by the agent")
    scene.socket(B, 12, number=3)
    assert reconnection_latency("max", configuration=scene.configuration) == 2.0


def test_a_statistic_that_does_not_exist_is_refused(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    scene.socket(A, 12, number=2)
    with pytest.raises(BadInput, match="statistic: expected one of p50, p95"):
        reconnection_latency("average", configuration=scene.configuration)
