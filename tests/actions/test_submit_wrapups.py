import pytest

from actions.submit_wrapups import submit_wrapups
from harness.observing.api import Api
from harness.waiting import until
from tests.actions.conftest import Live, on_call

pytestmark = pytest.mark.world


def test_a_wrapup_arrives_at_the_cloud_with_its_code_and_notes(floor: Live) -> None:
    conversation = on_call(floor)
    floor.do("end_calls")
    floor.do("draft_wrapups", notes="will pay tomorrow", within_s=100)
    assert floor.do("submit_wrapups")["submitted"]

    def notes() -> list[str]:
        with Api(floor.world) as api:
            found = api.get(f"/api/v2/conversations/{conversation}")["participants"]
        return [one["wrapup"]["notes"] for one in found if one.get("wrapup")]

    assert until(notes, "the wrap-up at the cloud", within_s=20) == ["will pay tomorrow"]


def test_without_a_wrapup_there_is_nothing_to_submit(floor: Live) -> None:
    assert floor.do("submit_wrapups") == {"submitted": [], "refused": {}}
    assert submit_wrapups(configuration={}) == {"submitted": [], "refused": {}}


def test_it_waits_for_the_desktops_to_ask(floor: Live) -> None:
    on_call(floor)
    floor.do("end_calls")
    assert floor.do("submit_wrapups", within_s=100)["submitted"]
