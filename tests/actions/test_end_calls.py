import pytest

from actions.end_calls import end_calls
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


def test_one_call_can_be_ended_among_others(live: Live) -> None:
    first, second = live.do("place_calls", count=2)["conversations"]
    assert live.do("end_calls", conversations=second) == {"ended": [second]}
    assert live.do("end_calls") == {"ended": [first]}


def test_without_a_world_there_is_nothing_to_end() -> None:
    assert end_calls(configuration={}) == {"ended": []}
