import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Live
from tests.actions.tracked_world import found_running as found_running
from tests.actions.tracked_world import is_up, knows
from tests.actions.tracked_world import tracked as tracked
from tests.actions.tracked_world import untouchable as untouchable

pytestmark = pytest.mark.world


def test_it_answers_nothing_until_it_is_cleared_and_misses_nothing(tracked: Live) -> None:
    with tracked.fault("tracker_paused") as found:
        assert found["seen"] == {"health": "no answer"}
        conversation = str(tracked.do("place_calls", queue=1)["conversations"][0])
        assert not is_up(tracked)
    until(lambda: knows(tracked, conversation), "the tracker to hear of the call", 20)
    assert tracked.clear("tracker_paused") == {"fault": "tracker_paused", "in_force": False}


def test_it_is_not_believed_without_being_seen(untouchable: Live) -> None:
    assert "found a process in state" in str(untouchable.refuses(FaultNotInForce, "tracker_paused"))


def test_a_tracker_that_was_not_started_for_the_run_is_left_alone(found_running: Live) -> None:
    assert "a tracker that was running before" in str(found_running.refuses(BadInput, "tracker_paused"))


def test_what_makes_no_sense_is_refused(tracked: Live) -> None:
    tracked.refuses(BadInput, "tracker_paused", seconds=0)
