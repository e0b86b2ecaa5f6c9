import time

import pytest

from actions.api_latency import clear_api_latency
from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Client, Live

ME = "/api/v2/users/me"

pytestmark = pytest.mark.world


def test_calls_take_longer_until_it_is_cleared(live: Live, client: Client) -> None:
    with live.fault("api_latency", delay_ms=3000) as found:
        assert found["seen"]["ms"] >= 300
        started = time.monotonic()
        client.get()
        assert time.monotonic() - started >= 0.3
    cleared = time.monotonic_ns()
    client.get()
    until(lambda: "" in live.touched(cleared).get(ME, ()), "a call that nothing touched", 20)


def test_only_the_agents_and_paths_meant_are_slow(live: Live, client: Client) -> None:
    other = live.world.agents[1].id
    with live.fault("api_latency", delay_ms=5000, agents=other, path="*/presences/*") as found:
        assert found["agents"] == [other]
        assert found["seen"]["path"].endswith("/presences/PURECLOUD")
        armed, path = time.monotonic_ns(), f"/api/v2/users/{client.agent}/presences/PURECLOUD"
        client.get(path)
        until(lambda: live.touched(armed, client.agent).get(path), "the call in the evidence", 20)
        assert live.touched(armed, client.agent)[path] == {""}


def test_a_real_org_is_checked_first_and_then_treated_alike(public: Live) -> None:
    with public.fault("api_latency", delay_ms=1000) as found:
        assert found["seen"]["ms"] >= 100


def test_clearing_twice_and_without_a_world_has_nothing_to_do(live: Live) -> None:
    nothing = {"fault": "api_latency", "in_force": False}
    assert live.clear("api_latency") == nothing
    assert clear_api_latency(configuration={}) == nothing
    assert clear_api_latency(configuration={"deskstorm_world": "gone.json"}) == nothing


def test_it_is_not_believed_without_being_seen(sabotaged: Live) -> None:
    assert str(sabotaged.refuses(FaultNotInForce, "api_latency")).startswith("api_latency is not in force: expected ")


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"agents": "nobody"}, "found 'nobody'"),
        ({"agents": "0 %"}, "above 0 %"),
        ({"seconds": 0}, "seconds: expected a number from 1"),
        ({"path": ""}, "non-empty pattern"),
        ({"delay_ms": 0}, "delay_ms: expected a number from 1"),
        ({"delay_ms": "200"}, "found '200'"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_touched(
    live: Live, parameters: dict[str, object], says: str
) -> None:
    assert says in str(live.refuses(BadInput, "api_latency", **parameters))
