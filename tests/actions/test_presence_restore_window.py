from typing import Any

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.observing.api import Api
from harness.world import World
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


def window(world: World) -> Any:
    with Api(world) as api:
        return api.get("/api/v2/presence/settings")["restorePresenceSettings"]


@pytest.mark.parametrize("fixture", ["live", "public"])
def test_the_window_is_changed_and_put_back(request: pytest.FixtureRequest, fixture: str) -> None:
    live: Live = request.getfixturevalue(fixture)
    former = window(live.world)
    with live.fault("presence_restore_window", restore_s=90, restore_on_queue=True) as found:
        assert found["seen"] == {"enabled": True, "restoreTimeMilliseconds": 9000, "restoreOnQueueEnabled": True}
        assert window(live.world) == found["seen"]
    assert window(live.world) == former


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    sabotaged.refuses(FaultNotInForce, "presence_restore_window", restore_s=90)


@pytest.mark.parametrize("parameters", [{"restore_s": -1}, {"restore_s": "60"}, {"restore_on_queue": "yes"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    live.refuses(BadInput, "presence_restore_window", **parameters)
