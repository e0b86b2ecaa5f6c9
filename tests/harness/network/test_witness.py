"""What connects to somebody else's machine prove, and what they do not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import BadInput, FaultNotInForce
from harness.network.book import End, Order
from harness.network.place import Place, Way
from harness.network.proof import Chance
from harness.network.rules import put_in_force, take_away
from harness.network.shape import Shape
from harness.network.target import Target
from harness.network.tc import Part
from harness.network.witness import Witness, affordable
from tests.harness.network.links import remote

pytestmark = pytest.mark.world
PLENTY = Part(Target(), Shape(rate_bit=100_000_000))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """An interface with rules in force that connects pass, and that neither delay nor lose anything."""
    with remote() as (link, port):
        end = End("", link.far_link, outgoing=True)
        put_in_force(tmp_path, [Order("bandwidth-1", "bandwidth", end, PLENTY)])
        yield Place(link.far_link, {Way.FROM_DESKTOPS: end}, Target(), witness=(link.near_address, port))
        take_away(tmp_path, "bandwidth-1", "bandwidth")


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (Shape(delay_ms=20), "expected connects that take 18.0 ms longer"),
        (Shape(delay_ms=20, jitter_ms=20), "expected connects that take 5.4 ms longer"),
        (Shape(loss=20), "expected packets that its rules drop from_desktops"),
        (Shape(loss=100), "expected packets that its rules drop from_desktops"),
    ],
)
def test_rules_that_do_not_do_what_is_ordered_are_not_believed(place: Place, own: Shape, sentence: str) -> None:
    witness = Witness(place, "fault")
    with pytest.raises(FaultNotInForce, match=sentence):
        witness.proved(own, {Way.FROM_DESKTOPS: own}, witness.connects())


def test_what_is_in_force_already_is_not_asked_of_another_fault(place: Place) -> None:
    witness = Witness(place, "corruption")
    both = Shape(delay_ms=200, corrupt=1)
    found = witness.proved(Shape(corrupt=1), {Way.FROM_DESKTOPS: both}, witness.connects())
    assert found["connects"] == 20
    assert found["counters"]["from_desktops"]["packets"] > 0


def test_who_holds_packets_back_for_some_only_is_not_asked_for_a_delay(place: Place) -> None:
    witness, own = Witness(place, "reordering"), Shape(reorder=50, delay_ms=50)
    assert witness.proved(own, {Way.FROM_DESKTOPS: own}, witness.connects())["failed"] == 0


def test_tc_must_say_what_is_ordered(place: Place) -> None:
    Witness(place, "bandwidth").read_back({Way.FROM_DESKTOPS: [PLENTY]})
    with pytest.raises(FaultNotInForce, match="no netem d501:"):
        Witness(place, "duplication").read_back({Way.FROM_DESKTOPS: [PLENTY, Part(Target(), Shape(duplicate=1))]})


def test_a_loss_that_connects_do_not_show_is_refused() -> None:
    affordable("packet_loss", Chance(0.02))
    with pytest.raises(BadInput, match=r"the share of packet_loss: expected at least 0.467 %, to be seen within 3000"):
        affordable("packet_loss", Chance(0.004))
