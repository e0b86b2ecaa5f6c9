"""The share of API requests that go wrong."""

import pytest

from harness.errors import BadInput, NoEvidence
from probes.api_error_rate import api_error_rate
from tests.probes.conftest import CANARY, A, Scene

ME = "/api/v2/users/me"


@pytest.fixture
def run(scene: Scene) -> Scene:
    """All is well before second 9 and after second 20; in between every second request fails."""
    scene.call(5, A, "GET", ME)
    scene.fault(9, cleared_s=20)
    for second, status in ((10, 200), (11, 503), (12, 401), (13, 429), (14, 404), (15, 0)):
        scene.call(second, A, "GET", ME, status=status)
    scene.call(16, CANARY, "GET", ME, status=503)
    scene.call(25, A, "GET", ME)
    return scene


@pytest.mark.parametrize(("phase", "rate"), [("before", 0.0), ("during", 0.5), ("after", 0.0), ("all", 0.375)])
def test_it_counts_no_answer_429_and_5xx_in_the_phase(run: Scene, phase: str, rate: float) -> None:
    assert api_error_rate(phase, configuration=run.configuration) == rate


def test_no_requests_are_nothing_to_measure(scene: Scene) -> None:
    scene.fault(9, cleared_s=20)
    with pytest.raises(NoEvidence, match="API requests on the wire after the faults"):
        api_error_rate("after", configuration=scene.configuration)


def test_an_unknown_phase_is_refused(run: Scene) -> None:
    with pytest.raises(BadInput, match="phase: expected before, during, after or all, found 'later'"):
        api_error_rate("later", configuration=run.configuration)
