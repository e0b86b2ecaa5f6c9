"""How slow the API is."""

import pytest

from harness.errors import NoEvidence
from probes.api_p99_ms import api_p99_ms
from tests.probes.conftest import SCALE, A, Scene

ME = "/api/v2/users/me"


def test_it_is_in_real_world_milliseconds_and_by_phase(scene: Scene) -> None:
    for tenth in range(10):
        scene.call(1 + tenth / 10, A, "GET", ME, ms=100 * SCALE)
    scene.fault(9, cleared_s=20)
    scene.call(10, A, "GET", ME, ms=5_000 * SCALE)
    assert api_p99_ms("before", configuration=scene.configuration) == 100.0
    assert api_p99_ms("during", configuration=scene.configuration) == 5_000.0
    assert api_p99_ms("all", 50, configuration=scene.configuration) == 100.0


def test_no_requests_are_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        api_p99_ms("all", configuration=scene.configuration)
