"""Wrap-ups that survive an outage, beside a real cloud."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.errors import NoEvidence
from harness.observing.api import Api
from harness.observing.observer import conversation
from probes.share_of_wrapups_kept import share_of_wrapups_kept
from tests.probes.conftest import Scene

pytestmark = pytest.mark.world


class AfterCall:
    """A call that is over and about which its agent has begun to write when the fault comes."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        cloud = scene.with_cloud()
        self.call, self.agent = scene.take_call()
        self.participant = scene.participant(self.call)[1]
        cloud.control("end_call", conversation_id=self.call)
        codes = cloud.service().get(f"/api/v2/routing/queues/{scene.world.queue_id}/wrapupcodes").json()["entities"]
        self.code, self.other_code = (code["id"] for code in codes[:2])
        with Api(scene.world) as api:
            deadline_ms = conversation(api, self.call).parts[0].acw_deadline_ms
        assert deadline_ms is not None
        self.deadline = datetime.fromtimestamp(deadline_ms / 1000, UTC)
        scene.at(5, "crowd", "wrapup.shown", self.agent, **self.draft())
        scene.fault(9)

    def draft(self, **changes: Any) -> dict[str, Any]:
        """What the desktop shows of it."""
        shown = {
            "conversation": self.call,
            "notes": "wants a refund",
            "code": self.code,
            "deadline_wall": self.deadline.isoformat(),
            "state": "draft",
        }
        return {**shown, **changes}

    def shows(self, wrapup: dict[str, Any] | None) -> None:
        """The desktop now shows this."""
        self.scene.desktops({"agent": self.agent, "wrapup": wrapup})

    def sends(self, code: str, notes: str) -> None:
        """The desktop sends it."""
        self.scene.patch_call(self.call, self.agent, self.participant, {"wrapup": {"code": code, "notes": notes}})


@pytest.fixture
def after_call(scene: Scene) -> AfterCall:
    """One call in after-call work."""
    return AfterCall(scene)


def test_what_stands_as_it_was_is_kept(after_call: AfterCall) -> None:
    after_call.shows(after_call.draft())
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 1.0


def test_notes_that_are_gone_show(after_call: AfterCall) -> None:
    after_call.shows(after_call.draft(notes=""))
    assert share_of_wrapups_kept(within_s=1, configuration=after_call.scene.configuration) == 0.0


def test_a_code_that_changed_shows(after_call: AfterCall) -> None:
    after_call.shows(after_call.draft(code=after_call.other_code))
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 0.0


def test_a_timer_that_began_anew_shows(after_call: AfterCall) -> None:
    after_call.shows(after_call.draft(deadline_wall=(after_call.deadline + timedelta(seconds=1)).isoformat()))
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 0.0
    assert share_of_wrapups_kept(tolerance_s=30, configuration=after_call.scene.configuration) == 1.0


def test_a_wrapup_that_vanished_shows(after_call: AfterCall) -> None:
    after_call.shows(None)
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 0.0


def test_one_that_was_sent_must_have_arrived_as_it_was(after_call: AfterCall) -> None:
    after_call.sends(after_call.code, "wants a refund")
    after_call.shows(None)
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 1.0
    assert share_of_wrapups_kept(notes="something else", configuration=after_call.scene.configuration) == 0.0


def test_one_that_was_sent_empty_shows(after_call: AfterCall) -> None:
    after_call.sends(after_call.code, "")
    after_call.shows(None)
    assert share_of_wrapups_kept(configuration=after_call.scene.configuration) == 0.0


def test_without_a_wrapup_there_is_nothing_to_measure(scene: Scene) -> None:
    scene.with_cloud()
    scene.desktops()
    scene.fault(9)
    with pytest.raises(NoEvidence, match="wrap-ups begun before the fault"):
        share_of_wrapups_kept(configuration=scene.configuration)
