import pytest

from harness.errors import Unreachable
from harness.network.meter import Meter
from harness.network.shell import Shell
from tests.harness.network.links import joined

pytestmark = pytest.mark.world


def test_a_free_link_loses_nothing_and_takes_no_time() -> None:
    with joined(far_is_root=True) as link, Meter(link.near, link.near_address, link.far_address) as meter:
        connects = meter.connects(10)
        assert connects.failed == 0 and connects.p50_ms is not None and connects.p50_ms < 50
        for outgoing in (True, False):
            heard = meter.datagrams(outgoing, 500)
            assert (heard.sent, heard.arrived, heard.repeated, heard.spoilt, heard.overtaking) == (500, 500, 0, 0, 0)
            assert heard.lost_percent == 0 and heard.p50_ms is not None and heard.p50_ms < 50
            assert meter.stream_bit(outgoing, 1_000_000, 2) > 20_000_000


def test_a_slow_link_is_measured_at_its_rate() -> None:
    with joined(far_is_root=True) as link, Meter(link.near, link.near_address, link.far_address) as meter:
        Shell().tc_batch([f"qdisc add dev {link.far_link} root tbf rate 1mbit burst 3200 limit 30000"])
        heard = meter.datagrams(outgoing=False, count=150, size=1000, rate_bit=2_000_000)
        assert heard.rate_bit == pytest.approx(1_000_000, rel=0.05)
        assert heard.lost_percent > 10
        assert meter.datagrams(outgoing=True, count=150).lost_percent == 0


def test_a_link_that_is_down_lets_nothing_through() -> None:
    with joined(far_is_root=True) as link, Meter(link.near, link.near_address, link.far_address) as meter:
        Shell(link.near).ip("link", "set", link.near_link, "down")
        assert meter.connects(2, within_s=0.1).failed == 2
        assert meter.connects(5, within_s=0.1, all_s=0).failed == 1
        assert meter.datagrams(outgoing=True, count=5).lost_percent == 100


def test_the_far_side_has_one_of_the_ports() -> None:
    with joined(far_is_root=True) as link:
        with (
            Meter(link.near, link.near_address, link.far_address, [(8443, 8443)]) as first,
            pytest.raises(Unreachable, match=r"no port free of"),
            Meter(link.near, link.near_address, link.far_address, [(8443, 8443)]),
        ):
            assert first.connects(1).failed == 0
        with pytest.raises(Unreachable, match=r"the meter's own address at 198.18.0.250 did not answer"):
            Meter(link.near, link.near_address, "198.18.0.250")


def test_a_meter_that_cannot_be_had_holds_no_port() -> None:
    with joined(far_is_root=True) as link:
        with pytest.raises(Unreachable) as refused:
            Meter(link.near, "198.18.0.250", link.far_address, [(8443, 8443)])
        assert refused.value.address == "198.18.0.250"
        with Meter(link.near, link.near_address, link.far_address, [(8443, 8443)]) as meter:
            assert meter.connects(1).failed == 0
