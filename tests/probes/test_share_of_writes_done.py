"""What agents did and what became of it."""

import pytest

from harness.errors import NoEvidence
from probes.share_of_writes_done import share_of_writes_done
from tests.probes.conftest import A, B, Scene
from tests.probes.writes import CALL, write


def test_it_is_1_when_all_is_done_in_the_end(scene: Scene) -> None:
    scene.fault(1)
    write(scene, 2, A, "w1", "failed", CALL)
    write(scene, 4, A, "w2", "ok", CALL)
    assert share_of_writes_done(configuration=scene.configuration) == 1.0


def test_what_failed_or_has_no_outcome_is_not_done(scene: Scene) -> None:
    scene.fault(1)
    write(scene, 2, A, "w1", "ok", CALL)
    write(scene, 4, B, "w2", "failed", CALL)
    scene.at(5, "crowd", "write.sent", B, method="PATCH", path="/other", write_id="w3")
    assert share_of_writes_done(within_s=1, configuration=scene.configuration) == 0.3333


def test_writes_before_the_fault_do_not_count(scene: Scene) -> None:
    write(scene, 1, A, "w1", "ok", CALL)
    scene.fault(5)
    with pytest.raises(NoEvidence):
        share_of_writes_done(configuration=scene.configuration)
