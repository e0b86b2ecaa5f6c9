"""The time for which a desktop trusts a silent socket."""

import pytest

from harness.errors import NoEvidence
from probes.time_to_detect import time_to_detect
from tests.probes.conftest import CANARY, A, B, C, Scene


def touch(scene: Scene, second: float, agent: str) -> None:
    """The stall keeps a message from an agent."""
    scene.at(second, "wire", "fault.touched", agent, fault="ws_stall", id="lease-1", what="message")


def test_it_is_the_time_from_the_first_message_kept_back_to_the_end_of_the_socket(scene: Scene) -> None:
    scene.fault(9, name="ws_stall")
    scene.at(1, "wire", "ws.open", A, channel="c1", socket=1)
    touch(scene, 10, A)
    touch(scene, 20, A)
    scene.at(44, "wire", "ws.close", A, channel="c1", socket=1, code=1006, abnormal=True)
    assert time_to_detect("ws_stall", configuration=scene.configuration) == 34.0


def test_a_socket_that_is_never_given_up_is_counted(scene: Scene) -> None:
    scene.fault(9, name="ws_stall")
    scene.socket(A, 1, 44, number=1)
    scene.socket(B, 1, number=2)
    touch(scene, 10, A)
    touch(scene, 10, B)
    assert time_to_detect("ws_stall", "max", within_s=1, configuration=scene.configuration) == 999_999.0
    assert time_to_detect("ws_stall", "min", configuration=scene.configuration) == 34.0


def test_a_fault_that_touched_no_socket_is_nothing_to_measure(scene: Scene) -> None:
    scene.fault(9, name="ws_stall")
    scene.socket(A, 1, number=1)
    touch(scene, 10, CANARY)
    with pytest.raises(NoEvidence, match="open sockets touched by ws_stall"):
        time_to_detect("ws_stall", configuration=scene.configuration)


def cut(scene: Scene, second: float) -> None:
    """From then on the network of the desktops swallows everything."""
    scene.at(second, "chaos", "fault.ordered", fault="blackhole", lease="lease-1", expected={"ways": ["to_desktops"]})


def own_word(scene: Scene, agent: str, gave_up: float, told: float | None) -> None:
    """A desktop that had a socket by the wire and by its own word, and what it says of its end."""
    scene.at(1, "wire", "ws.open", agent, channel="c1", socket=7)
    scene.at(1.1, "crowd", "socket.open", agent, channel="c1", socket=1)
    scene.at(1.2, "crowd", "desktop.banner", agent, banner="connected", connected=True)
    scene.at(gave_up, "crowd", "socket.closed", agent, socket=1, code=1006, reason="")
    if told is not None:
        scene.at(told, "crowd", "desktop.banner", agent, banner="offline", connected=False)


def test_on_a_broken_network_the_desktops_are_believed_for_the_wire_hears_of_it_later(scene: Scene) -> None:
    cut(scene, 10)
    own_word(scene, A, 44, told=44)
    scene.at(75, "wire", "ws.close", A, channel="c1", socket=7, code=1006, abnormal=True)
    assert time_to_detect("blackhole", configuration=scene.configuration) == 34.0


def test_on_a_broken_network_the_agent_has_to_be_told_too(scene: Scene) -> None:
    cut(scene, 10)
    own_word(scene, A, 44, told=44)
    own_word(scene, B, 44, told=50)
    assert time_to_detect("blackhole", configuration=scene.configuration) == 40.0
    own_word(scene, C, 44, told=None)
    assert time_to_detect("blackhole", configuration=scene.configuration) == 999_999.0


def test_a_socket_that_outlives_a_broken_network_was_never_given_up(scene: Scene) -> None:
    cut(scene, 10)
    scene.socket(A, 1, number=1)
    assert time_to_detect("blackhole", configuration=scene.configuration) == 999_999.0


def test_on_a_broken_network_it_is_counted_from_the_last_time_that_the_fault_was_seen(scene: Scene) -> None:
    own_word(scene, A, 44, told=44)
    for second, lease in ((2, "lease-0"), (10, "lease-1")):
        scene.at(second, "chaos", "fault.ordered", fault="blackhole", lease=lease, expected={"ways": ["to_desktops"]})
        scene.at(second + 4, "chaos", "fault.seen", fault="blackhole", lease=lease)
        scene.at(second + 5 if second == 2 else 60, "chaos", "fault.cleared_seen", fault="blackhole", lease=lease)
    assert time_to_detect("blackhole", configuration=scene.configuration) == 30.0
