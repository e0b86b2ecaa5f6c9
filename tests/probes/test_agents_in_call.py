"""Agents who talk to a customer."""

from probes.agents_in_call import agents_in_call
from tests.probes.conftest import A, B, C, Scene


def test_only_connected_calls_count(scene: Scene) -> None:
    scene.desktops(
        {"agent": A, "conversations": [{"id": "c-1", "state": "connected", "version": 2}]},
        {"agent": B, "conversations": [{"id": "c-2", "state": "alerting", "version": 1}]},
        {"agent": C},
    )
    assert agents_in_call(expected=1, configuration=scene.configuration) == 1


def test_what_is_found_is_told_when_it_is_not_what_was_expected(scene: Scene) -> None:
    scene.desktops({"agent": A}, {"agent": B}, {"agent": C})
    assert agents_in_call(expected=2, within_s=1, configuration=scene.configuration) == 0
