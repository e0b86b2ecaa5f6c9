"""Agents who needed a new token while the fault was there."""

import pytest

from harness.errors import NoEvidence
from probes.agents_refreshing import agents_refreshing
from tests.probes.conftest import A, B, C, Scene


def test_only_those_during_the_fault_count(scene: Scene) -> None:
    scene.at(1, "crowd", "token.refreshing", C)
    scene.fault(5, cleared_s=20)
    scene.at(6, "crowd", "token.refreshing", A)
    scene.at(7, "crowd", "token.refreshing", A)
    scene.at(8, "crowd", "token.refreshing", B)
    assert agents_refreshing(configuration=scene.configuration) == 2


def test_too_few_are_no_evidence(scene: Scene) -> None:
    scene.fault(5, cleared_s=20)
    scene.at(6, "crowd", "token.refreshing", A)
    with pytest.raises(NoEvidence, match="at least 2 agents that needed a new token, found 1"):
        agents_refreshing(at_least=2, configuration=scene.configuration)
