import pytest

from harness.errors import BadInput
from harness.waiting import until
from tests.actions.conftest import Live, desktops

pytestmark = pytest.mark.world


def test_every_desktop_hears_of_the_marker(floor: Live) -> None:
    everyone = [agent.id for agent in floor.world.agents]
    assert floor.do("touch_presences", marker="still there?") == {"marker": "still there?", "agents": everyone}

    def heard() -> bool:
        return all(row["presence_message"] == "still there?" for row in desktops(floor).values())

    assert until(heard, "every desktop to hear", within_s=20)


@pytest.mark.parametrize("parameters", [{"marker": ""}, {"marker": "two\nlines"}, {"agents": "nobody"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("touch_presences", **parameters)
