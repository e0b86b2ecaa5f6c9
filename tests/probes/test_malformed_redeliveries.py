"""Bad deliveries that come again."""

import pytest

from harness.errors import NoEvidence
from probes.malformed_redeliveries import malformed_redeliveries
from tests.probes.conftest import Scene


def spoilt(scene: Scene, attempt: int, status: int, path: str = "/eventbridge") -> None:
    scene.at(1, "wire", "delivery.spoilt", path=path, id="l", what="cut_json", attempt=attempt, status=status)


def test_second_attempts_are_counted_but_those_of_the_canary(scene: Scene) -> None:
    spoilt(scene, 1, 400)
    spoilt(scene, 2, 500, path="/canary/x/eventbridge")
    assert malformed_redeliveries(configuration=scene.configuration) == 0
    for attempt in (1, 2, 3):
        spoilt(scene, attempt, 500)
    assert malformed_redeliveries(configuration=scene.configuration) == 2


def test_without_spoilt_deliveries_there_is_nothing_to_measure(scene: Scene) -> None:
    spoilt(scene, 1, 200, path="/canary/x/eventbridge")
    with pytest.raises(NoEvidence):
        malformed_redeliveries(configuration=scene.configuration)
