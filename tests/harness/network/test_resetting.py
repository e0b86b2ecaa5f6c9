"""Which sockets a reset is aimed at."""

import pytest

from harness.errors import BadInput
from harness.network.place import Place, Way
from harness.network.resetting import orders
from harness.network.target import Target

WITNESS = ("192.0.2.1", 443)


def test_at_a_named_interface_only_connections_to_the_networks_named_are_reset() -> None:
    place = Place("eth0", {}, Target(("192.0.2.0/24",), ((443, 443),)), witness=WITNESS)
    [(namespace, words)] = orders(place, tuple(Way))
    assert namespace == ""
    assert any("dst 192.0.2.0/24" in word for word in words)
    assert any("dport" in word for word in words)


def test_the_connections_of_a_whole_machine_are_never_reset() -> None:
    with pytest.raises(BadInput, match=r"connection_reset on an interface: expected the networks \(cidrs\)"):
        orders(Place("eth0", {}, Target(), witness=WITNESS), tuple(Way))


def test_at_a_named_interface_nothing_can_be_reset_towards_the_desktops() -> None:
    place = Place("eth0", {}, Target(("192.0.2.0/24",)), witness=WITNESS)
    with pytest.raises(BadInput, match="direction of connection_reset on an interface: expected both or from_desktops"):
        orders(place, (Way.TO_DESKTOPS,))
