import pytest

from harness.errors import BadInput, FaultNotInForce
from tests.actions.conftest import Live

MACHINE = "on this machine"
pytestmark = pytest.mark.world


@pytest.mark.netem
def test_about_as_many_packets_overtake_others_as_ordered(at_site: Live) -> None:
    with at_site.fault("reordering", percent=25, delay_ms=100) as found:
        for way in ("from_desktops", "to_desktops"):
            assert 10 < found["seen"]["site a"][way]["overtaking_percent"] < 45
        with pytest.raises(BadInput, match="latency on a link: expected none with reordering in force"):
            at_site.inject("latency")
        assert at_site.in_force() == ["reordering"]
    with at_site.fault("latency"), pytest.raises(BadInput, match="reordering on a link"):
        at_site.inject("reordering")


@pytest.mark.netem
def test_it_is_seen_too_where_nearly_all_pass_at_once(at_site: Live) -> None:
    with at_site.fault("reordering", percent=95, delay_ms=100) as found:
        assert 50 < found["seen"]["site a"]["to_desktops"]["overtaking_percent"] < 99


@pytest.mark.netem
def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected 25 % overtaking others" in str(sabotaged_site.refuses(FaultNotInForce, "reordering"))


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    assert MACHINE not in str(at_site.refuses(BadInput, "reordering", percent=100))
    assert MACHINE not in str(at_site.refuses(BadInput, "reordering", delay_ms=1))
