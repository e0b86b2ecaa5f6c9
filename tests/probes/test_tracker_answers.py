"""A tracker that is there, and one that is not."""

from contextlib import ExitStack
from dataclasses import replace

import pytest

from harness.errors import BadInput
from probes.tracker_answers import NOBODY, tracker_answers
from tests.answering import Told, answering
from tests.probes.conftest import Scene
from tests.probes.tracked import with_tracker


@pytest.mark.parametrize(
    ("health", "delivery", "question", "found"),
    [(200, 200, 404, 1), (500, 200, 404, 0), (200, 503, 404, 0), (200, 200, 500, 0)],
)
def test_it_must_live_take_deliveries_and_answer(
    scene: Scene, health: int, delivery: int, question: int, found: int
) -> None:
    statuses = {"/health": health, "/eventbridge": delivery}
    with ExitStack() as handles:
        with_tracker(scene, handles)
        url = handles.enter_context(answering(lambda path: Told({}, statuses.get(path, question))))
        assert scene.world.tracker is not None
        scene.world = replace(scene.world, tracker=replace(scene.world.tracker, url=url))
        assert tracker_answers(configuration=scene.configuration) == found


def test_what_nobody_listens_for_is_not_answered(scene: Scene) -> None:
    with ExitStack() as handles:
        with_tracker(scene, handles)
        assert scene.world.tracker is not None
        scene.world = replace(scene.world, tracker=replace(scene.world.tracker, url="http://127.0.0.1:9"))
        assert tracker_answers(configuration=scene.configuration) == 0


def test_a_world_without_a_tracker_is_refused(scene: Scene) -> None:
    with pytest.raises(BadInput, match="tracker"):
        tracker_answers(configuration=scene.configuration)


def test_it_asks_about_a_conversation_that_cannot_be() -> None:
    assert NOBODY.startswith("00000000-")
