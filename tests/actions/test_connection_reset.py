import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.waiting import until
from tests.actions.conftest import Live, desktops
from tests.harness.network.links import remote

pytestmark = pytest.mark.world


def connected(live: Live) -> None:
    """Wait until both desktops have their sockets."""
    until(lambda: all(row["banner"] == "connected" for row in desktops(live).values()), "connected desktops", 30)


def test_connections_are_reset_and_new_ones_can_be_made(at_site: Live) -> None:
    connected(at_site)
    with at_site.fault("connection_reset") as found:
        seen = found["seen"]["site a"]
        assert seen["reset"] == ["ConnectionResetError"]
        assert seen["connections"] >= 2
    connected(at_site)


def test_the_desktops_own_machine_can_drop_them(at_site: Live) -> None:
    connected(at_site)
    with at_site.fault("connection_reset", direction="from_desktops") as found:
        assert found["seen"]["site a"]["reset"] == ["ConnectionAbortedError"]


def test_connections_to_other_ports_are_left_alone(at_site: Live) -> None:
    connected(at_site)
    with at_site.fault("connection_reset", on={"ports": [9]}) as found:
        assert found["seen"]["site a"] == {"reset": ["ConnectionResetError"], "connections": 0}
    assert all(row["banner"] == "connected" for row in desktops(at_site).values())


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "found 3 of 3 alive" in str(sabotaged_site.refuses(FaultNotInForce, "connection_reset"))


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    at_site.refuses(BadInput, "connection_reset", on={"ports": ["https"]})


def test_a_named_interface_of_a_workstation_is_broken_for_what_is_named_alone(live: Live) -> None:
    with remote() as (link, port):
        on = {
            "interface": link.far_link,
            "cidrs": [f"{link.near_address}/32"],
            "ports": [port],
            "witness": f"{link.near_address}:{port}",
        }
        with live.fault("connection_reset", on=on) as found:
            assert found["seen"][link.far_link] == {"reset": ["ConnectionAbortedError"], "connections": 0}
