import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from harness.network.meter import Meter
from harness.network.shell import Shell
from tests.actions.conftest import LAB_SECONDS, Live
from tests.harness.network.links import remote

MACHINE = "on this machine"
pytestmark = pytest.mark.world


@pytest.mark.netem
def test_as_much_is_lost_as_ordered_and_nothing_afterwards(at_site: Live) -> None:
    with at_site.fault("packet_loss", percent=5) as found:
        seen = found["seen"]["site a"]
        assert 2 < seen["from_desktops"]["lost_percent"] < 9 and 2 < seen["to_desktops"]["lost_percent"] < 9
        assert seen["counters"]["from_desktops"]["dropped"] > 0
    assert at_site.in_force() == []


@pytest.mark.netem
def test_with_correlation_as_much_is_lost_and_more_of_it_in_a_row(at_site: Live) -> None:
    with at_site.fault("packet_loss", percent=5, correlation_percent=50) as found:
        seen = found["seen"]["site a"]
        assert seen["rules"][0][0]["loss-gemodel"] == {"p": 0.025, "r": 0.475, "1-h": 1, "1-k": 0}
        assert 2 < seen["to_desktops"]["lost_percent"] < 9


@pytest.mark.netem
def test_bursts_towards_the_desktops_leave_the_other_way_alone(at_site: Live) -> None:
    burst = {"begin_percent": 2, "end_percent": 20}
    with at_site.fault("packet_loss", burst=burst, direction="to_desktops") as found:
        seen = found["seen"]["site a"]
        assert seen["from_desktops"]["lost_percent"] == 0 < seen["to_desktops"]["lost_percent"]


@pytest.mark.netem
def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected 2 % lost from_desktops" in str(sabotaged_site.refuses(FaultNotInForce, "packet_loss"))


@pytest.mark.parametrize(
    "wrong",
    [{"percent": 0}, {"percent": 101}, {"correlation_percent": 99}, {"burst": {"p": 1}}, {"burst": {"end_percent": 0}}],
)
def test_wrong_parameters_are_refused(at_site: Live, wrong: dict[str, object]) -> None:
    assert MACHINE not in str(at_site.refuses(BadInput, "packet_loss", **wrong))


@pytest.mark.netem
def test_a_share_too_small_for_a_slow_link_is_refused_before_anything_is_touched(at_site: Live) -> None:
    with at_site.fault("bandwidth", rate_kbit=64):
        with pytest.raises(BadInput, match="the share of packet_loss: expected at least"):
            at_site.inject("packet_loss", percent=0.1)
        assert read(at_site.world.evidence).of("fault.ordered")[-1]["fault"] == "bandwidth"


@pytest.mark.netem
def test_a_slow_port_does_not_make_the_loss_of_another_too_small(at_site: Live) -> None:
    def on(port: int) -> dict[str, object]:
        return {"site": "a", "ports": [port]}

    with at_site.fault("bandwidth", rate_kbit=64, on=on(7001)), at_site.fault("packet_loss", percent=0.5, on=on(7002)):
        with at_site.fault("latency", delay_ms=200, on=on(7003)):
            with pytest.raises(BadInput, match="expected at most 3 different targets, found 4"):
                at_site.inject("duplication", on=on(7004))
            assert read(at_site.world.evidence).of("fault.ordered")[-1]["fault"] == "latency"


@pytest.mark.netem
def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    other = "203.0.113.9"
    with remote() as (link, port):
        Shell(link.near).ip("addr", "add", f"{other}/32", "dev", link.near_link)
        Shell().ip("route", "add", other, "dev", link.far_link)
        before = Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "witness": f"{link.near_address}:{port}",
        }
        with live.fault("packet_loss", percent=5, seconds=LAB_SECONDS, on=on) as found:
            assert [rule[0]["kind"] for rule in found["seen"][link.far_link]["rules"]] == ["netem", "netem"]
            for outgoing in (True, False):
                with Meter(link.near, link.near_address, link.far_address) as meter:
                    assert 2 < meter.datagrams(outgoing, 2000).lost_percent < 9
                with Meter(link.near, other, link.far_address) as meter:
                    assert meter.datagrams(outgoing, 500).lost_percent == 0
        assert (Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind) == before


@pytest.mark.netem
@pytest.mark.parametrize(
    ("fault", "parameters", "words"),
    [
        ("packet_loss", {"percent": 100}, {"loss": 1}),
        ("corruption", {"percent": 5}, {"corrupt": 0.05}),
        ("duplication", {"percent": 5}, {"duplicate": 0.05}),
        ("reordering", {"percent": 50, "delay_ms": 100}, {"reorder": 0.5}),
    ],
)
def test_two_faults_are_in_force_at_a_named_interface(
    live: Live, fault: str, parameters: dict[str, float], words: dict[str, float]
) -> None:
    with remote() as (link, port):
        witness = f"{link.near_address}:{port}"
        on = {"interface": link.far_link, "cidrs": [f"{link.near_address}/32"], "witness": witness}
        first = ("packet_loss", {"percent": 10}) if fault == "reordering" else ("latency", {"delay_ms": 100})
        usual = {"seconds": LAB_SECONDS, "on": on}
        with live.fault(first[0], **first[1], **usual), live.fault(fault, **parameters, **usual) as found:
            seen = found["seen"][link.far_link]
            for rules in seen["rules"]:
                parts = [part for part in rules[0].values() if isinstance(part, dict)]
                assert any(words.items() <= part.items() for part in parts)
            assert seen["counters"]["from_desktops"]["packets"] + seen["counters"]["from_desktops"]["dropped"] > 0
            left = live.clear(fault)["seen"][link.far_link]
            assert left["still_in_force"] == [first[0]]
