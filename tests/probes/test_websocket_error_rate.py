"""The share of sockets that go wrong."""

import pytest

from harness.errors import NoEvidence
from probes.websocket_error_rate import websocket_error_rate
from tests.probes.conftest import A, B, Scene


def test_it_counts_refusals_and_broken_sockets_over_all(scene: Scene) -> None:
    scene.socket(B, 1, number=2)
    scene.socket(A, 1, 10, number=1)
    scene.fault(9, cleared_s=20)
    scene.at(11, "wire", "ws.refused", A, channel="c", status=503)
    scene.socket(A, 12, number=3)
    assert websocket_error_rate("before", configuration=scene.configuration) == 0.0
    assert websocket_error_rate("during", configuration=scene.configuration) == 0.5
    assert websocket_error_rate("after", configuration=scene.configuration) == 0.0


def test_an_orderly_close_is_no_error(scene: Scene) -> None:
    scene.socket(A, 1, 10, number=1, code=1000, abnormal=False)
    assert websocket_error_rate("all", configuration=scene.configuration) == 0.0


def test_no_sockets_are_nothing_to_measure(scene: Scene) -> None:
    with pytest.raises(NoEvidence):
        websocket_error_rate("all", configuration=scene.configuration)
