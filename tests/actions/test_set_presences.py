import pytest

from harness.errors import BadInput
from tests.actions.conftest import Live, shows

pytestmark = pytest.mark.world


def test_desktops_show_the_presence_that_was_set(floor: Live) -> None:
    agent = floor.world.agents[1].id
    assert floor.do("set_presences", presence="Meeting", agents=agent) == {"presence": "Meeting", "agents": [agent]}
    assert shows(floor, agent, "MEETING")
    floor.do("set_presences")
    assert shows(floor, agent, "ON_QUEUE")


@pytest.mark.parametrize("parameters", [{"presence": "Nap"}, {"agents": "nobody"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("set_presences", **parameters)
