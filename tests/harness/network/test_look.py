from pathlib import Path

import pytest

from harness.network.book import End, Order
from harness.network.look import Look
from harness.network.meter import Meter
from harness.network.place import Way
from harness.network.rules import put_in_force, take_away
from harness.network.shape import Shape
from harness.network.target import Target
from harness.network.tc import Part
from tests.harness.network.links import joined

pytestmark = pytest.mark.world


@pytest.mark.parametrize(
    "slow",
    [
        Shape(rate_bit=32_000),  # 60 datagrams at twice this rate would be through before the burst is used up
        Shape(rate_bit=1_000_000, burst_bytes=500_000),
    ],
)
def test_what_may_pass_at_once_does_not_count_as_rate(slow: Shape, tmp_path: Path) -> None:
    with joined(far_is_root=True) as link, Meter(link.near, link.near_address, link.far_address) as meter:
        end = End("", link.far_link, outgoing=False)
        put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, Part(Target(), slow))])
        heard = Look("bandwidth", Way.TO_DESKTOPS, slow, slow, meter).flood()
        assert heard.rate_bit == pytest.approx(slow.rate_bit, rel=0.05)
        take_away(tmp_path, "bandwidth-1", "bandwidth")
