"""How often a desktop tries to connect."""

from probes.connection_attempts_per_agent import connection_attempts_per_agent
from tests.probes.conftest import A, B, Scene

CHANNELS = "/api/v2/notifications/channels"


def test_refused_handshakes_and_refused_channels_are_attempts(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    for second in (11, 12, 13):
        scene.at(second, "wire", "ws.refused", A, channel="c", status=503)
    scene.call(14, A, "POST", CHANNELS, status=429)
    scene.call(30, A, "POST", CHANNELS)
    scene.socket(A, 31, number=2)
    assert connection_attempts_per_agent(10, configuration=scene.configuration) == 4


def test_what_a_desktop_tries_before_it_reaches_the_wire_counts_too(scene: Scene) -> None:
    scene.fault(9)
    for tenth in range(20):
        scene.at(10 + tenth / 10, "crowd", "socket.opening", B, socket=tenth)
    assert connection_attempts_per_agent(10, configuration=scene.configuration) == 20


def test_a_calm_return_is_one_attempt(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1)
    scene.fault(9)
    scene.socket(A, 12, number=2)
    assert connection_attempts_per_agent(configuration=scene.configuration) == 1
