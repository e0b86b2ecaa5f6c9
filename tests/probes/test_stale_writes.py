"""Writes over something newer that was never on the screen."""

import pytest

from harness.errors import NoEvidence
from probes.stale_writes import stale_writes
from tests.probes.conftest import A, Scene

PRESENCE = f"/api/v2/users/{A}/presences/PURECLOUD"
CALL = "/api/v2/conversations/calls/call-1/participants/p1"


@pytest.fixture
def changed(scene: Scene) -> Scene:
    """A stands On Queue; during the fault a supervisor sends the agent to a meeting."""
    scene.at(1, "crowd", "presence.shown", A, presence="ON_QUEUE", version="v1", message="")
    scene.looks(2, A, "ON_QUEUE", modified="v1")
    scene.fault(9)
    scene.looks(20, A, "MEETING", modified="v2")
    return scene


def test_who_reads_before_writing_overwrites_knowingly(changed: Scene) -> None:
    changed.at(29, "crowd", "presence.shown", A, presence="MEETING", version="v2", message="")
    changed.call(30, A, "PATCH", PRESENCE)
    changed.looks(31, A, "ON_QUEUE", modified="v3")
    assert stale_writes(configuration=changed.configuration) == 0


def test_who_pushes_its_own_state_over_news_it_never_showed_is_found(changed: Scene) -> None:
    changed.call(30, A, "PATCH", PRESENCE)
    changed.looks(31, A, "ON_QUEUE", modified="v3")
    assert stale_writes(configuration=changed.configuration) == 1


def test_a_refused_write_overwrites_nothing(changed: Scene) -> None:
    changed.call(30, A, "PATCH", PRESENCE, status=409)
    assert stale_writes(configuration=changed.configuration) == 0


def test_news_may_take_a_moment_to_arrive(changed: Scene) -> None:
    changed.call(21.5, A, "PATCH", PRESENCE)
    assert stale_writes(grace_s=2, configuration=changed.configuration) == 0


def test_repeating_a_write_of_its_own_whose_answer_was_lost_is_no_harm(changed: Scene) -> None:
    changed.at(29, "crowd", "presence.shown", A, presence="MEETING", version="v2", message="")
    changed.call(30, A, "PATCH", PRESENCE, status=0)
    changed.looks(30.5, A, "ON_QUEUE", modified="v3")
    changed.call(40, A, "PATCH", PRESENCE)
    assert stale_writes(configuration=changed.configuration) == 0


def test_a_wrapup_that_somebody_else_wrote_must_not_be_overwritten_unseen(scene: Scene) -> None:
    supervisors = {"code": "c2", "notes": "corrected", "provisional": False}
    scene.at(1, "crowd", "wrapup.shown", A, conversation="call-1", notes="mine", code="c1", deadline_wall=None)
    scene.sees_call(2, "call-1", A, "disconnected")
    scene.fault(9)
    scene.sees_call(20, "call-1", A, "disconnected", supervisors)
    scene.call(30, A, "PATCH", CALL)
    assert stale_writes(configuration=scene.configuration) == 1


def test_what_the_server_makes_up_when_time_is_over_may_be_replaced(scene: Scene) -> None:
    made_up = {"code": "ININ-WRAP-UP-TIMEOUT", "notes": "", "provisional": False}
    scene.at(1, "crowd", "wrapup.shown", A, conversation="call-1", notes="mine", code="c1", deadline_wall=None)
    scene.fault(9)
    scene.looks(15, A, modified="v2")
    scene.sees_call(20, "call-1", A, "disconnected", made_up)
    scene.call(30, A, "PATCH", CALL)
    assert stale_writes(configuration=scene.configuration) == 0


def test_if_nobody_changed_anything_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.looks(2, A, modified="v1")
    scene.fault(9)
    scene.call(30, A, "PATCH", PRESENCE)
    with pytest.raises(NoEvidence, match="changes at the server since the fault that no desktop made"):
        stale_writes(configuration=scene.configuration)
