import pytest

from harness.errors import BadInput
from harness.observing.api import Api
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


@pytest.mark.parametrize("fixture", ["live", "public"])
def test_calls_are_known_to_the_cloud_and_are_ended(request: pytest.FixtureRequest, fixture: str) -> None:
    live: Live = request.getfixturevalue(fixture)
    placed = live.do("place_calls", count=2)["conversations"]
    with Api(live.world) as api:
        found = [api.get(f"/api/v2/conversations/{conversation}") for conversation in placed]
        assert [conversation.get("endTime") for conversation in found] == [None, None]
        assert live.do("end_calls") == {"ended": placed}
        assert all(api.get(f"/api/v2/conversations/{conversation}")["endTime"] for conversation in placed)
    assert live.do("end_calls") == {"ended": []}


@pytest.mark.parametrize("parameters", [{"count": 0}, {"count": 1.5}, {"spacing_s": -1}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        live.do("place_calls", **parameters)
