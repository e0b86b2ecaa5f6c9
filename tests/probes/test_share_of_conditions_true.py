"""What the tracker says and lists as open, stuck and anomalous, against the cloud's own state."""

from contextlib import ExitStack
from typing import Any

import pytest

from harness.errors import CannotTell, NoEvidence
from probes.share_of_conditions_true import share_of_conditions_true
from tests.probes.conftest import Scene
from tests.probes.tracked import Answers, call, health, waits, with_tracker

FLAGS = {"open": "open", "stuck": "is_stuck", "anomalous": "is_anomalous"}
TRUE = {"waits": ("open",), "stuck": ("open", "stuck"), "bounces": ("open", "anomalous"), "over": ("anomalous",)}


def say(tracker: Answers, said: dict[str, tuple[str, ...]]) -> None:
    """Let the tracker say and list each conversation as these."""
    for name, states in said.items():
        tracker.health[name] = health(state={flag: state in states for state, flag in FLAGS.items()})
    tracker.listings.update({state: [name for name, states in said.items() if state in states] for state in FLAGS})


@pytest.fixture
def tracker(scene: Scene, handles: ExitStack) -> Answers:
    """A tracker that says the truth of one call that waits, one that is stuck, and two that came back too often, of
    which one is over."""
    found = with_tracker(scene, handles)
    waits(scene, "waits", 50)
    waits(scene, "stuck", 150)
    for name in ("bounces", "over"):
        for number in range(5):
            lasts = (name, number) == ("bounces", 4)
            waits(scene, name, 60 - 10 * number, None if lasts else 55 - 10 * number, number=number)
    call(scene, "over", 0, 1)
    say(found, TRUE)
    return found


def changed(name: str, *states: str) -> dict[str, tuple[str, ...]]:
    return {**TRUE, name: states}


def test_who_says_and_lists_them_rightly_tells_the_truth(scene: Scene, tracker: Answers) -> None:
    assert share_of_conditions_true(configuration=scene.configuration) == 1.0
    tracker.listings["anomalous"] = ["bounces"]  # who is over has left the memory
    assert share_of_conditions_true(configuration=scene.configuration) == 1.0


@pytest.mark.parametrize(
    "said",
    [
        changed("stuck", "open"),
        changed("waits", "open", "stuck"),
        changed("bounces", "open"),
        changed("bounces"),
        changed("over"),
        changed("waits", "open", "anomalous"),
        changed("over", "open", "anomalous"),
        changed("over", "stuck", "anomalous"),
    ],
)
def test_each_wrong_word_is_noticed(scene: Scene, tracker: Answers, said: dict[str, tuple[str, ...]]) -> None:
    say(tracker, said)
    assert share_of_conditions_true(configuration=scene.configuration) == 0.75


@pytest.mark.parametrize(
    ("state", "listed"), [("stuck", []), ("stuck", ["stuck", "waits"]), ("open", ["waits", "stuck"]), ("anomalous", [])]
)
def test_a_listing_may_lie_as_little_as_the_conversation(
    scene: Scene, tracker: Answers, state: str, listed: list[str]
) -> None:
    tracker.listings[state] = list(listed)
    assert share_of_conditions_true(configuration=scene.configuration) == 0.75


def test_in_the_first_seconds_of_being_stuck_either_will_do(scene: Scene, handles: ExitStack) -> None:
    tracker = with_tracker(scene, handles)
    waits(scene, "c-1", 150)
    for states in (("open",), ("open", "stuck")):
        say(tracker, {"c-1": states})
        assert share_of_conditions_true(grace_s=1_000, configuration=scene.configuration) == 1.0


@pytest.mark.parametrize("untold", ["is_stuck", "is_anomalous", "open"])
def test_what_is_not_told_is_not_wrong_and_what_is_wrong_stays_wrong(
    scene: Scene, tracker: Answers, untold: str
) -> None:
    state: dict[str, Any] = tracker.health["waits"]["current_state"]  # type: ignore[index]
    del state[untold]
    with pytest.raises(CannotTell):
        share_of_conditions_true(configuration=scene.configuration)
    tracker.listings["stuck"] = []
    assert share_of_conditions_true(configuration=scene.configuration) == 0.75


def test_who_has_no_listings_cannot_tell_and_an_error_is_not_the_truth(scene: Scene, tracker: Answers) -> None:
    tracker.listings["open"] = 404
    with pytest.raises(CannotTell, match="the tracker cannot tell what is open"):
        share_of_conditions_true(configuration=scene.configuration)
    tracker.listings["open"] = 500
    assert share_of_conditions_true(configuration=scene.configuration) == 0.0


def test_too_few_conversations_are_nothing_to_measure(scene: Scene, tracker: Answers) -> None:
    with pytest.raises(NoEvidence):
        share_of_conditions_true(at_least=5, configuration=scene.configuration)
