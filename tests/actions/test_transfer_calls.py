import pytest

from harness.errors import BadInput
from harness.evidence import read
from harness.observing.truth import truths
from tests.actions.conftest import Live
from tests.actions.tracked_world import tracked as tracked

pytestmark = pytest.mark.world


def test_calls_go_from_queue_to_queue_and_bounce(tracked: Live) -> None:
    placed = tracked.do("place_calls", count=2, queue=1)["conversations"]
    first, second = tracked.world.queues
    assert tracked.do("transfer_calls", queue=1, times=2, spacing_s=0)["transfers"] == 4
    assert tracked.do("transfer_calls", queue=2, conversations=placed[0]) == {
        "conversations": placed[:1],
        "transfers": 1,
    }
    found = truths(read(tracked.world.evidence))
    assert [stay.queue for stay in found[placed[0]].stays] == [first, first, first, second]
    assert (found[placed[0]].queue, found[placed[0]].bounces, found[placed[0]].bounces_to(first)) == (second, 2, 2)
    assert (found[placed[1]].queue, found[placed[1]].open) == (first, True)
    tracked.do("end_calls")
    assert not any(truth.open for truth in truths(read(tracked.world.evidence)).values())


@pytest.mark.parametrize("parameters", [{"queue": 3}, {"queue": -1}, {"times": 0}, {"spacing_s": -1}])
def test_what_makes_no_sense_is_refused(tracked: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        tracked.do("transfer_calls", **parameters)


def test_calls_cannot_be_placed_in_a_queue_that_is_not_there(tracked: Live) -> None:
    with pytest.raises(BadInput, match="queue: expected a whole number from 0 to 2, found 3"):
        tracked.do("place_calls", queue=3)
