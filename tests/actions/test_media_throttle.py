import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.evidence import read
from tests.actions.conftest import Live

pytestmark = pytest.mark.world


def test_udp_is_slow_and_tcp_is_not(at_site: Live) -> None:
    with at_site.fault("media_throttle", rate_kbit=16) as found:
        seen = found["seen"]["site a"]
        assert seen["from_desktops"]["rate_kbit"] < 180 and seen["to_desktops"]["rate_kbit"] < 180
        assert seen["connect_ms"] < 500
    assert at_site.in_force() == []


def test_it_is_not_believed_without_being_seen(sabotaged_site: Live) -> None:
    assert "expected UDP at no more than 160.0 kbit/s" in str(sabotaged_site.refuses(FaultNotInForce, "media_throttle"))


def test_it_cannot_be_seen_beside_a_link_that_is_slower_still(at_site: Live) -> None:
    with at_site.fault("bandwidth", rate_kbit=64):
        with pytest.raises(BadInput, match=r"640\.0 kbit/s by another fault"):
            at_site.inject("media_throttle", rate_kbit=128)
        assert "media_throttle" not in ordered_last(at_site)
        assert at_site.in_force() == ["bandwidth"]


def test_wrong_parameters_are_refused(at_site: Live) -> None:
    at_site.refuses(BadInput, "media_throttle", rate_kbit=0)
    at_site.refuses(BadInput, "media_throttle", on={"ports": [16384]})


def ordered_last(live: Live) -> str:
    """The fault for which a lease was taken last."""
    return str(read(live.world.evidence).of("fault.ordered")[-1]["fault"])
