"""The time until agents are well again."""

import pytest

from harness.errors import BadInput, NoEvidence
from probes.time_to_recover import time_to_recover
from tests.probes.conftest import A, B, C, Scene


@pytest.fixture
def recovery(scene: Scene) -> Scene:
    """The fault lasts from 9 to 20. A reconnects at 25 and is on queue at 28; B was never gone; C is back at 15."""
    scene.socket(A, 1, 10, number=1)
    scene.socket(B, 1, number=2)
    scene.socket(C, 1, 10, number=3)
    for agent in (A, B, C):
        scene.looks(5, agent)
    scene.fault(9, cleared_s=20)
    scene.socket(C, 15, number=4)
    scene.looks(12, A, "AVAILABLE")
    scene.socket(A, 25, number=5)
    scene.looks(28, A)
    return scene


def test_it_is_measured_from_the_clearing_to_the_last_return(recovery: Scene) -> None:
    assert time_to_recover("max", configuration=recovery.configuration) == 8.0
    assert time_to_recover("max", "connected", configuration=recovery.configuration) == 5.0
    assert time_to_recover("max", "on_queue", configuration=recovery.configuration) == 8.0


def test_who_was_well_when_the_fault_ended_has_0(recovery: Scene) -> None:
    assert time_to_recover("p50", configuration=recovery.configuration) == 0.0


def test_a_relapse_counts_until_its_end(recovery: Scene) -> None:
    recovery.looks(30, A, routing="NOT_RESPONDING")
    recovery.looks(40, A)
    assert time_to_recover("max", configuration=recovery.configuration) == 20.0


def test_who_is_not_well_is_counted_and_not_left_out(recovery: Scene) -> None:
    recovery.looks(30, A, joined=False)
    assert time_to_recover("max", within_s=1, configuration=recovery.configuration) == 999_999.0


def test_as_long_as_the_fault_is_in_force_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.fault(9)
    with pytest.raises(NoEvidence, match="expected every fault seen cleared, found 1 still in force"):
        time_to_recover(configuration=scene.configuration)


def test_a_fault_that_the_keeper_undid_is_over(scene: Scene) -> None:
    scene.socket(A, 1, number=1)
    scene.fault(9)
    scene.at(15, "keeper", "lease.undone", lease="lease-1", fault="ws_reset", why="time", verified=True)
    assert time_to_recover("min", "connected", configuration=scene.configuration) == 0.0


def test_an_unknown_state_is_refused(recovery: Scene) -> None:
    with pytest.raises(BadInput, match="state: expected connected, on_queue or both"):
        time_to_recover(state="happy", configuration=recovery.configuration)
