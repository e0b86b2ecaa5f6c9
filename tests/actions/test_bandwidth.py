import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.shell import Shell
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
