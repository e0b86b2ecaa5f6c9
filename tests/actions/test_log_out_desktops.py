import pytest

from harness.errors import BadInput
from harness.waiting import until
from tests.actions.conftest import Live, desktops

pytestmark = pytest.mark.world


def test_desktops_show_that_they_are_logged_out_and_in_again(floor: Live) -> None:
    agent = floor.world.agents[2].id
    assert floor.do("log_out_desktops", agents=agent) == {"banners": {agent: "logged_out"}}
    assert floor.do("log_in_desktops") == {"logged_in": [agent]}
    assert until(lambda: desktops(floor)[agent]["banner"] == "connected", "the desktop to connect", within_s=20)
    assert floor.do("log_in_desktops") == {"logged_in": []}


def test_unknown_agents_are_refused(live: Live) -> None:
    with pytest.raises(BadInput, match="nobody"):
        live.do("log_out_desktops", agents="nobody")
