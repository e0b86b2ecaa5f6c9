"""Requests with a token that is not valid any more."""

from probes.unauthorized_requests import unauthorized_requests
from tests.probes.conftest import CANARY, A, B, Scene

PATH = "/api/v2/users/me"


def test_requests_that_were_answered_well_do_not_count(scene: Scene) -> None:
    scene.fault(5)
    scene.call(6, A, "GET", PATH)
    scene.call(7, A, "GET", PATH, 503)
    assert unauthorized_requests(configuration=scene.configuration) == 0


def test_each_401_of_a_desktop_since_the_fault_counts(scene: Scene) -> None:
    scene.call(1, A, "GET", PATH, 401)
    scene.fault(5)
    scene.call(6, A, "GET", PATH, 401)
    scene.call(7, B, "GET", PATH, 401)
    scene.call(8, CANARY, "GET", PATH, 401)
    assert unauthorized_requests(configuration=scene.configuration) == 2
