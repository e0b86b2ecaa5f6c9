"""Wrap-ups that agents sent, beside a real cloud: are they where they belong?"""

import pytest

from harness.errors import NoEvidence
from probes.share_of_wrapups_filed import share_of_wrapups_filed
from tests.probes.conftest import Scene
from tests.probes.test_share_of_wrapups_kept import AfterCall

pytestmark = pytest.mark.world


def test_what_arrived_as_the_desktop_shows_it_is_filed(scene: Scene) -> None:
    wrapup = AfterCall(scene)
    wrapup.sends(wrapup.code, "wants a refund")
    scene.at(20, "crowd", "wrapup.shown", wrapup.agent, **wrapup.draft(state="submitted"))
    assert share_of_wrapups_filed(within_s=5, configuration=scene.configuration) == 1.0


def test_what_the_server_never_got_is_not_filed_though_the_screen_says_so(scene: Scene) -> None:
    wrapup = AfterCall(scene)
    scene.at(20, "crowd", "wrapup.shown", wrapup.agent, **wrapup.draft(state="submitted"))
    assert share_of_wrapups_filed(within_s=1, configuration=scene.configuration) == 0.0


def test_other_notes_than_the_agent_wrote_are_not_filed(scene: Scene) -> None:
    wrapup = AfterCall(scene)
    wrapup.sends(wrapup.code, "of another customer")
    scene.at(20, "crowd", "wrapup.shown", wrapup.agent, **wrapup.draft(state="submitted"))
    assert share_of_wrapups_filed(within_s=1, configuration=scene.configuration) == 0.0


def test_without_a_wrapup_that_was_sent_there_is_nothing_to_measure(scene: Scene) -> None:
    AfterCall(scene)
    with pytest.raises(NoEvidence, match="wrap-ups that desktops show as submitted"):
        share_of_wrapups_filed(configuration=scene.configuration)
