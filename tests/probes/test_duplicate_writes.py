"""Writes that were executed more often than they were made."""

import pytest

from harness.errors import NoEvidence
from probes.duplicate_writes import duplicate_writes
from tests.probes.conftest import A, B, Scene
from tests.probes.writes import CALL, write


def test_each_write_executed_once_is_none(scene: Scene) -> None:
    write(scene, 1, A, "w1", "ok", CALL)
    scene.call(1.5, A, "PATCH", CALL)
    write(scene, 2, B, "w2", "ok", CALL)
    scene.call(2.5, B, "PATCH", CALL)
    assert duplicate_writes(configuration=scene.configuration) == 0


def test_a_write_that_is_executed_twice_counts(scene: Scene) -> None:
    write(scene, 1, A, "w1", "ok", CALL)
    scene.call(1.5, A, "PATCH", CALL)
    scene.call(1.7, A, "PATCH", CALL)
    assert duplicate_writes(configuration=scene.configuration) == 1


def test_a_repeat_after_a_401_or_an_answer_that_never_came_is_no_duplicate(scene: Scene) -> None:
    write(scene, 1, A, "w1", "ok", CALL)
    for second, status in ((1.2, 401), (1.4, 0), (1.6, 202)):
        scene.call(second, A, "PATCH", CALL, status=status)
    assert duplicate_writes(configuration=scene.configuration) == 0


def test_a_write_of_which_nobody_knows_may_have_been_executed(scene: Scene) -> None:
    write(scene, 1, A, "w1", "unknown", CALL)
    scene.call(1.2, A, "PATCH", CALL)
    write(scene, 2, A, "w2", "ok", CALL)
    scene.call(2.2, A, "PATCH", CALL)
    assert duplicate_writes(configuration=scene.configuration) == 0


def test_without_writes_there_is_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        duplicate_writes(configuration=scene.configuration)
