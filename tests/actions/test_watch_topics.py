import pytest

from harness.errors import BadInput
from harness.waiting import until
from tests.actions.conftest import Live, desktops

pytestmark = pytest.mark.world


def test_desktops_want_the_topic_as_well(floor: Live) -> None:
    agent = floor.world.agents[0].id
    topic = f"v2.users.{agent}.station"
    assert floor.do("watch_topics", topics="v2.users.{id}.station", agents=agent) == {"topics": {agent: [topic]}}
    assert until(lambda: topic in desktops(floor)[agent]["topics"], "the desktop to want it", within_s=20)


@pytest.mark.parametrize("parameters", [{"topics": ""}, {"topics": "a,,b"}, {"topics": "a", "agents": "nobody"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("watch_topics", **parameters)
