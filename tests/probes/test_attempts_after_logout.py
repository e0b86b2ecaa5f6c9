"""Life after a logout."""

import pytest

from harness.errors import NoEvidence
from probes.attempts_after_logout import attempts_after_logout
from tests.probes.conftest import A, B, Scene


@pytest.fixture
def left(scene: Scene) -> Scene:
    """A had a socket from 1 to 10 and logged out at 10, B works on."""
    scene.socket(A, 1, 10.2, number=1)
    scene.socket(B, 1, number=2)
    scene.fault(9)
    scene.at(10, "crowd", "logged_out", A, reason="by the agent")
    return scene


def test_an_agent_who_is_gone_is_silent(left: Scene) -> None:
    left.call(10.4, A, "DELETE", "/api/v2/tokens/me")
    left.call(20, B, "GET", "/api/v2/users/me")
    assert attempts_after_logout(configuration=left.configuration) == 0


def test_requests_handshakes_and_sockets_after_it_count(left: Scene) -> None:
    left.call(12, A, "POST", "/api/v2/notifications/channels")
    left.at(13, "wire", "ws.refused", A, channel="c", status=503)
    left.socket(A, 14, number=3)
    assert attempts_after_logout(configuration=left.configuration) == 3


def test_a_request_that_was_on_its_way_already_does_not(left: Scene) -> None:
    left.call(12, A, "GET", "/api/v2/users/me", ms=2_000 * 0.05)
    assert attempts_after_logout(configuration=left.configuration) == 0


def test_after_a_new_login_all_is_allowed(left: Scene) -> None:
    left.at(20, "crowd", "logged_in", A)
    left.socket(A, 21, number=3)
    assert attempts_after_logout(configuration=left.configuration) == 0


def test_without_a_logout_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.at(10, "crowd", "logged_out", A, reason="authentication failed")
    with pytest.raises(NoEvidence):
        attempts_after_logout(configuration=scene.configuration)
