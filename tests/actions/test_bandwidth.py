import pytest

from harness.errors import BadInput, FaultNotCleared, FaultNotInForce
from harness.evidence import read
from harness.network.nft import Hole, script
from harness.network.shell import Shell
from harness.network.target import Target
from tests.actions.conftest import Live
from tests.harness.network.links import remote

pytestmark = pytest.mark.world


def test_no_more_passes_than_ordered_and_everything_afterwards(at_site: Live) -> None:
    with at_site.fault("bandwidth", rate_kbit=64) as found:
        seen = found["seen"]["site a"]
        assert [rule[0]["rate"] for rule in seen["rules"]] == [80_000, 80_000]  # bytes: 64 kbit/s ten times as fast
        assert 300 < seen["from_desktops"]["rate_kbit"] < 704 and 300 < seen["to_desktops"]["rate_kbit"] < 704
    assert at_site.in_force() == []


def test_one_way_leaves_the_other_alone(at_site: Live) -> None:
    with at_site.fault("bandwidth", rate_kbit=64, direction="from_desktops") as found:
        assert found["seen"]["site a"]["to_desktops"]["rate_kbit"] > 5000


def test_beside_slower_media_it_is_seen_in_tcp(at_site: Live) -> None:
    with at_site.fault("media_throttle", rate_kbit=16), at_site.fault("bandwidth", rate_kbit=256) as found:
        assert found["in_force"]


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "at most 640.0 kbit/s from_desktops" in str(sabotaged_site.refuses(FaultNotInForce, "bandwidth"))


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    at_site.refuses(BadInput, "bandwidth", rate_kbit=1)
    at_site.refuses(BadInput, "bandwidth", burst_bytes=1.5)
    at_site.refuses(BadInput, "bandwidth", on={"site": "z"})


def test_the_same_fault_twice_is_refused_and_the_first_stays(at_site: Live) -> None:
    with at_site.fault("bandwidth"):
        with pytest.raises(BadInput, match="expected none in force there yet"):
            at_site.inject("bandwidth", rate_kbit=128)
        assert at_site.in_force() == ["bandwidth"]


def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    with remote() as (link, port):
        before = Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "witness": f"{link.near_address}:{port}",
        }
        with live.fault("bandwidth", on=on) as found:
            counters = found["seen"][link.far_link]["counters"]
            assert counters["from_desktops"]["packets"] > 0 and counters["to_desktops"]["packets"] > 0
        assert (Shell().ip("-br", "link", "show", "type", "ifb"), Shell().qdiscs(link.far_link)[0].kind) == before
        with pytest.raises(BadInput, match=r"on.witness: expected a host and port inside 203.0.113.0/24"):
            live.inject("bandwidth", on={**on, "cidrs": ["203.0.113.0/24"]})


def test_with_another_fault_in_force_the_path_is_measured_by_what_is_left(at_site: Live) -> None:
    with at_site.fault("media_throttle", rate_kbit=64), at_site.fault("bandwidth", rate_kbit=256):
        left = at_site.clear("bandwidth")["seen"]["site a"]
        assert left["still_in_force"] == ["media_throttle"] and left["failed"] == 0


def test_a_reset_that_was_is_nothing_in_force(at_site: Live) -> None:
    with at_site.fault("bandwidth"), at_site.fault("connection_reset"):
        left = at_site.clear("bandwidth")["seen"]["site a"]
        assert left["from_desktops"]["lost_percent"] == 0 and "still_in_force" not in left


def test_where_nothing_passes_nothing_is_measured(at_site: Live) -> None:
    with at_site.fault("bandwidth"), at_site.fault("blackhole"):
        left = at_site.clear("bandwidth")["seen"]["site a"]
        assert left == {"path": "not looked, still in force: blackhole"}


def test_it_is_seen_cleared_and_let_go_of_only_when_the_path_is_free(at_site: Live) -> None:
    site = at_site.world.sites[0]
    hole = Hole(site.namespace, site.inner, "ingress", False, Target(udp_only=True))
    with at_site.fault("bandwidth") as found:
        Shell(site.namespace).nft(script("in_the_way", [hole]))
        try:
            with pytest.raises(FaultNotCleared, match="bandwidth is not cleared: expected every datagram"):
                at_site.clear("bandwidth")
            assert at_site.in_force() == ["bandwidth"]
        finally:
            Shell(site.namespace).nft("delete table netdev in_the_way\n")
        assert found["lease"] not in [one["lease"] for one in read(at_site.world.evidence).of("fault.cleared_seen")]
    assert read(at_site.world.evidence).of("fault.cleared_seen")[-1]["lease"] == found["lease"]
