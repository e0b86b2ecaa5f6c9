from dataclasses import replace
from random import Random

import pytest

from harness.errors import BadInput
from harness.network.meter import Connects, Heard
from harness.network.proof import (
    SEEN_SPOILT,
    UNHARMED,
    Chance,
    affordable,
    connect_words,
    corruption,
    delay_wanted,
    duplication,
    loss,
    rate_kept,
    reordering,
    words,
)
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


JITTERS = {
    "": lambda chance: chance.uniform(-1, 1),
    "normal": lambda chance: chance.gauss(0, 1),
    "pareto": lambda chance: 4 / 3 * ((1 - chance.random()) ** (-1 / 3) - 1.5),  # the table of iproute2
}


@pytest.mark.parametrize("jitter", JITTERS)
def test_a_jitter_as_large_as_the_delay_is_told_from_no_delay(jitter: str) -> None:
    shape, chance = Shape(delay_ms=20, jitter_ms=20, distribution=jitter), Random(5)
    for _ in range(300):
        delays = tuple(max(0.0, 20 + 20 * JITTERS[jitter](chance)) + 0.1 for _ in range(150))
        assert delay_wanted(shape, heard(delays_ms=delays))
    assert not delay_wanted(shape, heard(delays_ms=tuple(chance.random() for _ in range(150))))


def after(shape: Shape, sent: int, chance: Random) -> Heard:
    """What netem makes of `sent` datagrams: first it chooses what comes twice, then what of it is lost or spoilt."""
    arrived, spoilt, repeated, delays = 0, 0, 0, []
    for _ in range(sent):
        whole = copies = 0
        twice = chance.random() < shape.duplicate / 100
        lost = chance.random() < shape.loss / 100
        again = twice and (lost or chance.random() >= shape.loss / 100)
        for _ in range((not lost) + (again and not lost) + (twice and lost)):
            where = chance.random() if chance.random() < shape.corrupt / 100 else None
            if where is not None and where < SEEN_SPOILT:
                spoilt, copies = spoilt + 1, copies + 1
            elif where is None or where < SEEN_SPOILT + UNHARMED:
                whole, copies = whole + 1, copies + 1
                delays.append(0.1 if chance.random() < shape.reorder / 100 else shape.delay_ms)
        arrived += bool(copies)
        repeated += whole > 1
    return Heard(sent, arrived, repeated, spoilt, 0, tuple(delays), 0)


@pytest.mark.parametrize("corrupt", [0, 1, 20])
@pytest.mark.parametrize("lost", [2, 10])
@pytest.mark.parametrize("twice", [0, 5])
def test_loss_is_told_with_and_without_other_faults_beside_it(corrupt: float, lost: float, twice: float) -> None:
    others = Shape(corrupt=corrupt, duplicate=twice)
    ordered, chance = loss(replace(others, loss=lost)), Random(9)
    sent = affordable("packet_loss", ordered, slowest_bit=0)
    for _ in range(3):
        found, without = after(replace(others, loss=lost), sent, chance), after(others, sent, chance)
        assert ordered.believable(found.sent - found.arrived, sent)
        assert not ordered.believable(without.sent - without.arrived, sent)


@pytest.mark.parametrize("lost", [0, 2, 20])
def test_corruption_is_told_with_and_without_loss_beside_it(lost: float) -> None:
    shape, chance = Shape(corrupt=1, loss=lost), Random(11)
    for _ in range(5):
        found, without = after(shape, 9000, chance), after(Shape(loss=lost), 9000, chance)
        assert corruption(shape).believable(found.spoilt, len(found.delays_ms) + found.spoilt)
        assert not corruption(shape).believable(without.spoilt, len(without.delays_ms))


@pytest.mark.parametrize("others", [Shape(), Shape(loss=10), Shape(corrupt=20)])
def test_duplication_is_told_with_other_faults_beside_it(others: Shape) -> None:
    shape, chance = replace(others, duplicate=5), Random(13)
    for _ in range(5):
        assert duplication(shape).believable(after(shape, 3000, chance).repeated, 3000)


@pytest.mark.parametrize("percent", [0.5, 25, 90, 99])
def test_however_many_overtake_reordering_is_told(percent: float) -> None:
    shape, chance = Shape(reorder=percent, delay_ms=5, loss=2), Random(17)
    sent = affordable("reordering", Chance(min(percent, 100 - percent) / 100), slowest_bit=0)
    for _ in range(20):
        delays = after(shape, sent, chance).delays_ms
        assert reordering(shape).believable(delays.count(5), len(delays))
    assert not reordering(shape).believable(0, sent)


def test_what_is_left_of_a_loss_may_be_seen_and_no_more() -> None:
    assert Chance(0.02).at_most(0, 200) and Chance(0.02).at_most(10, 200)
    assert not Chance(0.02).at_most(100, 200)
    assert Chance(0.0).at_most(0, 200) and not Chance(0.0).at_most(1, 200)


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
