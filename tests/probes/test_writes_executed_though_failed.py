"""Writes that were reported as failed and executed all the same."""

import pytest

from harness.errors import NoEvidence
from probes.writes_executed_though_failed import writes_executed_though_failed
from tests.probes.conftest import A, Scene
from tests.probes.writes import CALL, write


def test_a_failure_that_was_one_is_none(scene: Scene) -> None:
    write(scene, 1, A, "w1", "failed", CALL)
    scene.call(1.5, A, "PATCH", CALL, status=401)
    assert writes_executed_though_failed(configuration=scene.configuration) == 0


def test_a_request_that_is_replayed_behind_the_callers_back_counts(scene: Scene) -> None:
    write(scene, 1, A, "w1", "failed", CALL)
    scene.call(1.5, A, "PATCH", CALL, status=401)
    scene.call(3, A, "PATCH", CALL, status=202)
    assert writes_executed_though_failed(configuration=scene.configuration) == 1


def test_it_is_still_found_when_the_agent_tried_again(scene: Scene) -> None:
    write(scene, 1, A, "w1", "failed", CALL)
    scene.call(1.5, A, "PATCH", CALL, status=401)
    scene.call(3, A, "PATCH", CALL, status=202)
    write(scene, 4, A, "w2", "ok", CALL)
    scene.call(4.5, A, "PATCH", CALL, status=202)
    assert writes_executed_though_failed(configuration=scene.configuration) == 1


def test_without_writes_there_is_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        writes_executed_though_failed(configuration=scene.configuration)
