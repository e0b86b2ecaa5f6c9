import pytest

from harness.breaking.presences import definition_id
from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Client, Live

pytestmark = pytest.mark.world


def test_every_agent_is_flipped_and_gets_its_presence_back(live: Live, client: Client) -> None:
    path = f"/api/v2/users/{client.agent}/presences/PURECLOUD"
    former = client.get(path).json()["presenceDefinition"]["id"]
    with live.fault("schedule_publish", presences="Meal, Available, Meal", spacing_s=1) as found:
        assert found["seen"]["flips_heard_by_canary"] >= 2
        assert client.get(path).json()["presenceDefinition"]["id"] == definition_id("Meal")
        assert live.in_force() == ["schedule_publish"]
    assert client.get(path).json()["presenceDefinition"]["id"] == former
    assert live.clear("schedule_publish") == {"fault": "schedule_publish", "in_force": False}


def test_only_the_agents_meant_are_flipped(live: Live, client: Client) -> None:
    other = live.world.agents[1].id
    with live.fault("schedule_publish", presences="Training", agents=other) as found:
        assert found["agents"] == [other]
        own = client.get(f"/api/v2/users/{client.agent}/presences/PURECLOUD").json()
        assert own["presenceDefinition"]["id"] != definition_id("Training")


def test_without_a_control_api_the_public_one_does_it(public: Live) -> None:
    with public.fault("schedule_publish", presences="Break", spacing_s=0) as found:
        assert found["seen"] == {"agents": len(public.world.agents) + 1, "flips_heard_by_canary": 1}


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    error = sabotaged.refuses(FaultNotInForce, "schedule_publish", presences="Training")
    assert "expected the last presence for every agent" in str(error)


@pytest.mark.parametrize("parameters", [{"presences": "Nap"}, {"presences": ""}, {"spacing_s": -1}, {"agents": "x"}])
def test_what_makes_no_sense_is_refused(live: Live, parameters: dict[str, object]) -> None:
    live.refuses(BadInput, "schedule_publish", **parameters)
