import pytest

from harness.errors import Unreachable
from tests.actions.conftest import Live, on_call

pytestmark = pytest.mark.world


def test_an_agent_drafts_its_notes_after_a_call(floor: Live) -> None:
    conversation = on_call(floor)
    floor.do("end_calls")
    found = floor.do("draft_wrapups", notes="wants a new contract", within_s=100)["agents"]
    drafts = {shown["conversation"]: (shown["notes"], shown["state"]) for shown in found.values()}
    assert drafts[conversation] == ("wants a new contract", "draft")
    floor.do("submit_wrapups")


def test_without_a_call_nobody_is_asked(floor: Live) -> None:
    with pytest.raises(Unreachable, match="no desktop asked for one within 1 s"):
        floor.do("draft_wrapups", within_s=1)
