import pytest

from harness.errors import BadInput, Unreachable
from tests.actions.conftest import Live, shows

pytestmark = pytest.mark.world


def test_agents_choose_a_presence_at_their_desktops(floor: Live) -> None:
    agent = floor.world.agents[1].id
    assert floor.do("change_presences", presence="Away", agents=agent) == {"changed": [agent]}
    assert shows(floor, agent, "AWAY")
    floor.do("change_presences", presence="On Queue", agents=agent)
    assert shows(floor, agent, "ON_QUEUE")


def test_a_refresh_that_never_comes_is_said(live: Live) -> None:
    with pytest.raises(Unreachable, match="desktops did not answer: none within 1 s"):
        live.do("change_presences", moment="refresh", within_s=1)


@pytest.mark.parametrize("parameters", [{"moment": "later"}, {"agents": "nobody"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("change_presences", **parameters)
