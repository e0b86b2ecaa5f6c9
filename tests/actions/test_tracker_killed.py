import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from harness.waiting import until
from tests.actions.conftest import Live
from tests.actions.tracked_world import found_running as found_running
from tests.actions.tracked_world import is_up, knows
from tests.actions.tracked_world import tracked as tracked
from tests.actions.tracked_world import untouchable as untouchable

pytestmark = pytest.mark.world


def test_it_stays_down_until_it_is_cleared_and_knows_then_what_it_knew(tracked: Live) -> None:
    conversation = str(tracked.do("place_calls", queue=1)["conversations"][0])
    until(lambda: knows(tracked, conversation), "the tracker to hear of the call", 20)
    with tracked.fault("tracker_killed") as found:
        assert found["seen"] == {"health": "no answer"}
        assert not is_up(tracked)
    assert knows(tracked, conversation)
    assert tracked.clear("tracker_killed") == {"fault": "tracker_killed", "in_force": False}


def test_it_comes_back_by_itself_and_hears_of_what_happened_meanwhile(tracked: Live) -> None:
    try:
        tracked.inject("tracker_killed", down_s=5)
        conversation = str(tracked.do("place_calls", queue=1)["conversations"][0])
        until(lambda: is_up(tracked), "the tracker to be back", 20)
        assert tracked.in_force() == ["tracker_killed"]
        until(lambda: knows(tracked, conversation), "the tracker to hear of the call", 20)
    finally:
        seen = tracked.clear("tracker_killed")
    assert seen["seen"] == {"health": "answers", "delivery": 200}


def test_the_world_survives_it(tracked: Live) -> None:
    with tracked.fault("tracker_killed"):
        pass
    assert tracked.started.keeper.in_force()["stopped"] == ""
    assert not read(tracked.world.evidence).of("run.stopped")


def test_it_is_not_believed_without_being_seen(untouchable: Live) -> None:
    error = untouchable.refuses(FaultNotInForce, "tracker_killed")
    assert (
        str(error)
        == "tracker_killed is not in force: expected a tracker that gives no answer, found one that takes connections"
    )


def test_a_tracker_that_was_not_started_for_the_run_is_left_alone(found_running: Live) -> None:
    assert "a tracker that was running before" in str(found_running.refuses(BadInput, "tracker_killed"))


def test_a_world_without_a_tracker_is_refused(live: Live) -> None:
    assert "one without a tracker" in str(live.refuses(BadInput, "tracker_killed"))


@pytest.mark.parametrize("parameters", [{"down_s": -1}, {"seconds": 0}])
def test_what_makes_no_sense_is_refused(tracked: Live, parameters: dict[str, object]) -> None:
    tracked.refuses(BadInput, "tracker_killed", **parameters)
