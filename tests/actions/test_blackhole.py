import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live

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
