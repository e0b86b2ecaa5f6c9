from pathlib import Path

import pytest

from harness.errors import FaultNotInForce
from harness.network.book import End, Order, opened
from harness.network.shape import Shape
from harness.network.target import Target
from harness.network.tc import Part

NEAR, FAR = End("ns", "veth1", True), End("", "veth2", False)
VOICE = Target(("34.195.0.0/16",), ((1024, 65535),), udp_only=True)
BURSTS = Order("packet_loss-1", "packet_loss", NEAR, Part(VOICE, Shape(burst=(1.0, 20.0, 100.0, 0.0))))
LATENCY = Order("latency-1", "latency", NEAR, Part(Target(), Shape(delay_ms=20)))
ELSEWHERE = Order("latency-1", "latency", FAR, Part(Target(), Shape(delay_ms=20)))


def test_orders_are_read_by_whoever_comes_next(tmp_path: Path) -> None:
    with opened(tmp_path) as book:
        book.add([BURSTS])
        book.add([LATENCY, ELSEWHERE])
    with opened(tmp_path) as book:
        assert book.orders(NEAR) == [BURSTS, LATENCY]
        assert book.orders(FAR) == [ELSEWHERE]
        assert book.ends("latency-1") == [NEAR, FAR]
        book.refuse_if_undone("latency-1", "latency")


def test_what_is_struck_out_is_gone_for_good(tmp_path: Path) -> None:
    with opened(tmp_path) as book:
        book.add([BURSTS, LATENCY, ELSEWHERE])
        book.drop("latency-1")
    with opened(tmp_path) as book:
        assert book.orders(NEAR) == [BURSTS] and book.orders(FAR) == []
        book.refuse_if_undone("packet_loss-1", "packet_loss")
        with pytest.raises(FaultNotInForce, match="latency is not in force: expected a lease that is held"):
            book.refuse_if_undone("latency-1", "latency")


def test_what_is_undone_is_to_be_in_force_no_more_and_stays_written_down_until_it_is_struck_out(tmp_path: Path) -> None:
    with opened(tmp_path) as book:
        book.add([BURSTS, LATENCY, ELSEWHERE])
        book.undo("latency-1")
    with opened(tmp_path) as book:
        assert book.orders(NEAR) == [BURSTS] and book.orders(FAR) == []
        assert book.knows(FAR)
        assert book.ends("latency-1") == [NEAR, FAR]
        with pytest.raises(FaultNotInForce):
            book.refuse_if_undone("latency-1", "latency")
        book.drop("latency-1")
    with opened(tmp_path) as book:
        assert book.ends("latency-1") == []
        assert book.knows(NEAR) and not book.knows(FAR)


def test_an_end_is_named_as_a_person_would() -> None:
    assert str(NEAR) == "veth1 in ns"
    assert str(FAR) == "veth2"
    assert str(End("", "dsi1", False, fed_by="eth7")) == "eth7 (ingress)"
