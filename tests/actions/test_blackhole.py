import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from harness.network.meant import meant
from harness.network.meter import connect_ms
from tests.actions.conftest import Live
from tests.harness.network.links import remote

pytestmark = pytest.mark.world


def test_nothing_passes_and_everything_passes_afterwards(at_site: Live) -> None:
    with at_site.fault("blackhole") as found:
        seen = found["seen"]["site a"]
        assert seen["connects"] == seen["failed"] == 2
        assert seen["from_desktops"]["lost_percent"] == seen["to_desktops"]["lost_percent"] == 100
        assert found["seen"]["dropped"] > 0
    assert at_site.in_force() == []


def test_one_way_leaves_the_other_alone(at_site: Live) -> None:
    with at_site.fault("blackhole", direction="to_desktops") as found:
        seen = found["seen"]["site a"]
        assert (seen["from_desktops"]["lost_percent"], seen["to_desktops"]["lost_percent"]) == (0, 100)


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected nothing that passes" in str(sabotaged_site.refuses(FaultNotInForce, "blackhole"))


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    at_site.refuses(BadInput, "blackhole", on={"interface": "lo", "whole_interface": True})
    at_site.refuses(BadInput, "blackhole", direction="sideways")


def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    with remote() as (link, port):
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "ports": [port],
            "witness": f"{link.near_address}:{port}",
        }
        with live.fault("blackhole", on=on) as found:
            assert found["seen"][link.far_link] == {"connects": 2, "failed": 2, "connect_ms": None}
            assert connect_ms("", (link.near_address, port), 0.2) is None
        assert connect_ms("", (link.near_address, port), 1) is not None


def test_whom_to_ask_is_known_before_anything_is_cut_off(live: Live) -> None:
    with remote() as (link, port):
        on = {"interface": link.far_link, "cidrs": ["203.0.113.0/24"], "witness": f"{link.near_address}:{port}"}
        before = len(read(live.world.evidence).of("fault.ordered"))
        assert "on.witness" in str(live.refuses(BadInput, "blackhole", on=on))
        assert len(read(live.world.evidence).of("fault.ordered")) == before
        # Who clears is told the address: names cannot be looked up through the hole.
        named = {"interface": link.far_link, "whole_interface": True, "witness": "localhost:7"}
        undo = meant(live.configuration, "blackhole", ("nft",), "both", 60, named).breakage({}, "m", "f").undo
        assert undo.arguments["on"] == {**named, "witness": "127.0.0.1:7"}
