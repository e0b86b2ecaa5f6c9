import pytest

from harness.errors import BadInput
from harness.waiting import until
from tests.actions.conftest import Live, desktops

pytestmark = pytest.mark.world


def test_desktops_show_the_presence_that_was_set(live: Live) -> None:
    agent = live.world.agents[1].id
    assert live.do("set_presences", presence="Meeting", agents=agent) == {"presence": "Meeting", "agents": [agent]}
    assert until(lambda: desktops(live)[agent]["presence"] == "MEETING", "the desktop to show it", within_s=10)
    live.do("set_presences")
    assert until(lambda: desktops(live)[agent]["presence"] == "ON_QUEUE", "the desktop to show it", within_s=10)


@pytest.mark.parametrize("parameters", [{"presence": "Nap"}, {"agents": "nobody"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("set_presences", **parameters)
