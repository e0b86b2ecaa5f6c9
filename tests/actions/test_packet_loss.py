import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.meter import Meter
from harness.network.shell import Shell
from tests.actions.conftest import Live
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
        with live.fault("packet_loss", percent=5, seconds=600, on=on) as found:
            assert [rule[0]["kind"] for rule in found["seen"][link.far_link]["rules"]] == ["netem", "netem"]
            for outgoing in (True, False):
                with Meter(link.near, link.near_address, link.far_address) as meter:
                    assert 2 < meter.datagrams(outgoing, 2000).lost_percent < 9
                with Meter(link.near, other, link.far_address) as meter:
                    assert meter.datagrams(outgoing, 500).lost_percent == 0
        assert (Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind) == before
