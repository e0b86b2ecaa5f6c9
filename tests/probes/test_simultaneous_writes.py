"""Something that an agent did once, sent more than once."""

import pytest

from harness.errors import NoEvidence
from probes.simultaneous_writes import simultaneous_writes
from tests.probes.conftest import A, B, Scene

PATH = "/api/v2/users/one/presences/PURECLOUD"


def write(scene: Scene, real_s: float, agent: str, number: int) -> None:
    scene.at(real_s - 0.1, "crowd", "write.sent", agent, method="PATCH", path=PATH, write_id=f"{agent}-{number}")
    scene.call(real_s, agent, "PATCH", PATH)
    scene.at(real_s + 0.1, "crowd", "write.result", agent, write_id=f"{agent}-{number}", outcome="ok", status=200)


def test_writes_one_after_the_other_are_none(scene: Scene) -> None:
    write(scene, 5, A, 1)
    write(scene, 8, A, 2)
    write(scene, 8, B, 1)
    assert simultaneous_writes(configuration=scene.configuration) == 0


def test_the_same_write_twice_at_once_counts_whatever_ids_it_has(scene: Scene) -> None:
    write(scene, 5, A, 1)
    write(scene, 5.3, A, 2)
    assert simultaneous_writes(configuration=scene.configuration) == 1


def test_without_writes_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.call(5, A, "GET", PATH)
    with pytest.raises(NoEvidence, match="writes of the desktops"):
        simultaneous_writes(configuration=scene.configuration)
