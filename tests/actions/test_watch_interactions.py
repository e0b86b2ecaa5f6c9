"""Somebody keeps asking the tracker."""

from collections.abc import Iterator

import pytest

from actions.watch_interactions import watch_interactions
from harness.errors import BadInput
from harness.evidence import Entry, read
from harness.settings import RunSettings, TrackerSettings
from harness.waiting import until
from tests.actions.conftest import Live, live_world

pytestmark = pytest.mark.world


@pytest.fixture(scope="module")
def tracked() -> Iterator[Live]:
    """A world with a tracker."""
    yield from live_world(RunSettings(agents=1, tracker=TrackerSettings()))


def answers(live: Live) -> list[Entry]:
    return [entry for entry in read(live.world.evidence).of("tracker.read") if entry["found"]]


def test_answers_about_changing_conversations_are_in_the_evidence_for_a_while(tracked: Live) -> None:
    waiting = str(tracked.do("place_calls", queue=1)["conversations"][0])
    assert tracked.do("watch_interactions", reads_per_s=10, seconds=20) == {"watching": True, "seconds": 20}
    until(lambda: len(answers(tracked)) >= 5, "some answers", 20)
    found = answers(tracked)[-1]
    assert found["conversation"] == waiting
    assert found["current"] == tracked.world.queues[0]
    assert [step[1:] for step in found["steps"]] == [[True, tracked.world.queues[0]]]
    assert found["asked"] < found.t


@pytest.mark.parametrize("parameters", [{"reads_per_s": 0}, {"seconds": 0}, {"seconds": "20"}])
def test_what_makes_no_sense_is_refused(tracked: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        watch_interactions(**parameters, configuration=tracked.configuration)  # type: ignore[arg-type]


def test_a_world_without_a_tracker_is_refused(live: Live) -> None:
    with pytest.raises(BadInput, match="found 'one without'"):
        live.do("watch_interactions")
