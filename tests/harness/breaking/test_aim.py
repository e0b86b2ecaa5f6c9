from pathlib import Path

import pytest

from harness.breaking.aim import agent_ids, aim, aim_at_events
from harness.errors import BadInput
from harness.world import Agent, World, WorldKind


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        kind=WorldKind.LOCAL,
        run="run",
        folder=str(tmp_path),
        keeper_socket=str(tmp_path / "keeper.sock"),
        api="http://127.0.0.1:1",
        login="http://127.0.0.1:1",
        client_id="client",
        client_secret="secret",
        desktop_client_id="desktop",
        agents=tuple(Agent(f"agent-{number}", f"Agent {number}", "token") for number in range(10)),
        canary=Agent("canary", "Canary", "token"),
        queue_id="queue",
        time_scale=0.1,
        seed=1,
    )


def test_nothing_said_means_all_and_the_canary_always(world: World) -> None:
    scope = aim(world)
    assert agent_ids(world) == [agent.id for agent in world.agents]
    assert scope.covers_agent("canary", world.seed)


def test_ids_mean_those_and_no_others(world: World) -> None:
    assert agent_ids(world, "agent-3, agent-1") == ["agent-1", "agent-3"]
    assert aim(world, "agent-3").covers_agent("canary", world.seed)


def test_a_share_means_the_same_agents_each_time(world: World) -> None:
    chosen = agent_ids(world, "50 %")
    assert len(chosen) == 5
    assert len(agent_ids(world, "20 %")) == 2
    assert agent_ids(world, "50%") == chosen
    assert agent_ids(world, "100 %") == agent_ids(world)


@pytest.mark.parametrize("agents", ["agent-11", "agent-1,,agent-2", ",", " ", "0 %", "101 %", "-5 %", 3])
def test_who_is_not_there_is_refused(world: World, agents: str) -> None:
    with pytest.raises(BadInput, match="agents: expected"):
        aim(world, agents)


def test_a_share_that_touches_nobody_is_refused(world: World) -> None:
    with pytest.raises(BadInput, match="at least one of 10 agents"):
        aim(world, "0.001 %")


def test_an_unknown_direction_is_refused(world: World) -> None:
    with pytest.raises(BadInput, match="direction: expected one of both, to_desktop, to_cloud, found 'up'"):
        aim(world, direction="up")


def test_events_that_the_canary_cannot_hear_of_are_refused(world: World) -> None:
    assert aim_at_events(world, topic="v2.users.*.presence").topic == "v2.users.*.presence"
    with pytest.raises(BadInput, match="the canary's own presence"):
        aim_at_events(world, topic="v2.users.*.conversations")
