import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live

MACHINE = "on this machine"
pytestmark = pytest.mark.world


@pytest.mark.netem
def test_about_as_many_packets_are_touched_as_ordered(at_site: Live) -> None:
    with at_site.fault("corruption", percent=5) as found:
        for way in ("from_desktops", "to_desktops"):
            assert 1 < found["seen"]["site a"][way]["spoilt_percent"] < 10
    assert at_site.in_force() == []


@pytest.mark.netem
def test_it_is_told_from_loss_beside_it(at_site: Live) -> None:
    with at_site.fault("packet_loss", percent=2), at_site.fault("corruption", percent=1) as found:
        assert found["seen"]["site a"]["to_desktops"]["lost_percent"] > 1


@pytest.mark.netem
def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected 1 % spoilt from_desktops" in str(sabotaged_site.refuses(FaultNotInForce, "corruption"))


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    assert MACHINE not in str(at_site.refuses(BadInput, "corruption", percent=0))
