import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.meter import Meter
from harness.network.shell import Shell
from tests.actions.conftest import LAB_SECONDS, Live
from tests.harness.network.links import remote

MACHINE = "on this machine"
pytestmark = pytest.mark.world


@pytest.mark.netem
def test_packets_are_as_late_as_ordered_and_on_time_afterwards(at_site: Live) -> None:
    with at_site.fault("latency", delay_ms=1000) as found:
        seen = found["seen"]["site a"]
        assert 99 < seen["from_desktops"]["delay_ms"] < 190
        assert 99 < seen["to_desktops"]["delay_ms"] < 190
        assert 199 < seen["connect_ms"] < 380
        assert [rule[0]["delay"]["delay"] for rule in seen["rules"]] == [0.1, 0.1]
    assert at_site.clear("latency") == {"fault": "latency", "in_force": False}


@pytest.mark.netem
def test_one_way_leaves_the_other_alone_and_jitter_has_its_distribution(at_site: Live) -> None:
    variation = {"distribution": "pareto", "correlation_percent": 25}
    with at_site.fault("latency", delay_ms=1500, jitter_ms=250, variation=variation, direction="to_desktops") as found:
        seen = found["seen"]["site a"]
        assert seen["from_desktops"]["delay_ms"] < 60 < seen["to_desktops"]["delay_ms"]
        assert seen["rules"][0][0]["delay"] == {"delay": 0.15, "jitter": 0.025, "correlation": 0.25}


@pytest.mark.netem
def test_latency_and_loss_compose_and_are_cleared_each_for_itself(at_site: Live) -> None:
    with at_site.fault("latency", delay_ms=1000), at_site.fault("packet_loss", percent=5) as found:
        seen = found["seen"]["site a"]
        assert seen["from_desktops"]["delay_ms"] > 99 and 2 < seen["from_desktops"]["lost_percent"] < 9
        left = at_site.clear("latency")["seen"]["site a"]
        assert left["still_in_force"] == ["packet_loss"]
        assert left["to_desktops"]["delay_ms"] < 60
        assert at_site.in_force() == ["packet_loss"]


@pytest.mark.netem
def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected 20.0 ms from_desktops" in str(sabotaged_site.refuses(FaultNotInForce, "latency"))
    sabotaged_site.refuses(FaultNotInForce, "latency", delay_ms=200, jitter_ms=200)


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay_ms": 0},
        {"delay_ms": 50, "jitter_ms": 60},
        {"delay_ms": 5},
        {"delay_ms": 30, "jitter_ms": 30},
        {"variation": {"distribution": "gauss"}},
        {"variation": {"shape": "normal"}},
        {"direction": "up"},
        {"on": {"site": "z"}},
        {"seconds": 0},
    ],
)
def test_wrong_parameters_are_refused(at_site: Live, wrong: dict[str, object]) -> None:
    assert MACHINE not in str(at_site.refuses(BadInput, "latency", **wrong))


@pytest.mark.netem
def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    with remote() as (link, port), Meter(link.near, link.near_address, link.far_address) as meter:
        before = Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "ports": [port],
            "witness": f"{link.near_address}:{port}",
        }
        with live.fault("latency", delay_ms=1000, seconds=LAB_SECONDS, on=on) as found:
            seen = found["seen"][link.far_link]
            assert [rule[0]["delay"]["delay"] for rule in seen["rules"]] == [0.1, 0.1]
            assert 199 < seen["connect_ms"] < 380
            for outgoing in (True, False):
                assert (meter.datagrams(outgoing, 50).p50_ms or 0) < 60
        assert (Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind) == before
