from random import Random

import pytest

from harness.errors import BadInput
from harness.network.meter import Connects, Heard
from harness.network.proof import Chance, affordable, connect_words, delay_wanted, loss, rate_kept, words
from harness.network.shape import Shape


def heard(sent: int = 100, arrived: int = 100, delays_ms: tuple[float, ...] = (20.0,), rate_bit: float = 0) -> Heard:
    return Heard(sent, arrived, 0, 0, 0, delays_ms, rate_bit)


@pytest.mark.parametrize("share", [0.001, 0.02, 0.1, 0.5, 0.95])
def test_what_was_ordered_is_believed_and_a_fifth_of_it_is_not(share: float) -> None:
    chance, seeded = Chance(share), Random(7)
    for _ in range(20):
        happened = sum(seeded.random() < share for _ in range(chance.enough))
        assert chance.believable(happened, chance.enough)
    assert not chance.believable(0, chance.enough)
    assert not chance.believable(round(chance.enough * share / 5), chance.enough)


def test_all_of_them_is_all_of_them() -> None:
    assert Chance(1.0).believable(200, 200)
    assert not Chance(1.0).believable(150, 200)


def test_loss_in_bursts_is_as_much_as_the_model_makes_and_needs_more_datagrams() -> None:
    chance = loss(Shape(burst=(1, 20, 100, 0)))
    assert chance.share == pytest.approx(1 / 21)
    assert chance.clustering == pytest.approx(1.79 / 0.21)
    assert chance.enough > Chance(1 / 21).enough
    assert loss(Shape(loss=2)) == Chance(0.02)


@pytest.mark.parametrize("burst", [(1, 20, 100, 0), (5, 30, 80, 1), (0.5, 50, 100, 0)])
def test_simulated_bursts_are_believed(burst: tuple[float, ...]) -> None:
    chance, seeded, bad = loss(Shape(burst=burst)), Random(3), False
    p, r, inside, between = (value / 100 for value in burst)
    for _ in range(20):
        lost = 0
        for _ in range(chance.enough):
            bad = seeded.random() >= r if bad else seeded.random() < p
            lost += seeded.random() < (inside if bad else between)
        assert chance.believable(lost, chance.enough)


def test_a_share_too_small_to_be_seen_is_refused() -> None:
    assert affordable("packet_loss", Chance(0.02), slowest_bit=0) == 3000
    with pytest.raises(BadInput, match=r"the share of packet_loss: expected at least 9.6 %, to be seen within 625"):
        affordable("packet_loss", Chance(0.02), slowest_bit=100_000)


@pytest.mark.parametrize(
    ("found", "wanted"), [((20.0, 20.3, 90.0), True), ((0.1, 0.1, 20.0), False), ((400.0,), False), ((), False)]
)
def test_the_middle_delay_must_be_the_ordered_one(found: tuple[float, ...], wanted: bool) -> None:
    assert delay_wanted(Shape(delay_ms=20), heard(delays_ms=found)) == wanted


@pytest.mark.parametrize(("found", "kept"), [(999_331, True), (400_000, True), (1_200_000, False), (0, False)])
def test_no_more_may_arrive_than_the_ordered_rate_lets_through(found: float, kept: bool) -> None:
    assert rate_kept(1_000_000, found) == kept


def test_evidence_has_what_happened_and_nothing_that_did_not() -> None:
    assert words(heard(200, 196)) == {"datagrams": 200, "lost_percent": 2.0, "delay_ms": 20.0}
    found = Heard(200, 200, 2, 4, 6, (1.0, 3.0), 64_000)
    assert words(found) == {
        "datagrams": 200,
        "lost_percent": 0.0,
        "delay_ms": 2.0,
        "rate_kbit": 64.0,
        "repeated_percent": 1.0,
        "spoilt_percent": 2.0,
        "overtaking_percent": 3.0,
    }
    assert connect_words(Connects((1.0, 2.0, 9.0), 1)) == {"connects": 4, "failed": 1, "connect_ms": 2.0}
