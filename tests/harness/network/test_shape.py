import pytest

from harness.network.shape import Shape, netem, tbf, together


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Shape(), ""),
        (Shape(delay_ms=200), "limit 20000 delay 200.000ms"),
        (Shape(delay_ms=20, jitter_ms=5), "limit 20000 delay 20.000ms 5.000ms 0%"),
        (
            Shape(delay_ms=20, jitter_ms=5, delay_correlation=25, distribution="normal"),
            "limit 20000 delay 20.000ms 5.000ms 25% distribution normal",
        ),
        (Shape(loss=2), "limit 20000 loss random 2%"),
        (Shape(burst=(1, 20, 100, 0)), "limit 20000 loss gemodel 1% 20% 100% 0%"),
        (Shape(duplicate=1), "limit 20000 duplicate 1%"),
        (Shape(corrupt=0.1), "limit 20000 corrupt 0.1%"),
        (Shape(reorder=25, delay_ms=5), "limit 20000 delay 5.000ms reorder 25%"),
        (Shape(loss=2, delay_ms=200), "limit 20000 delay 200.000ms loss random 2%"),
        (Shape(rate_bit=64_000), ""),
    ],
)
def test_netem_is_told_what_is_ordered(shape: Shape, words: str) -> None:
    assert " ".join(netem(shape)) == words


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (Shape(delay_ms=200), ""),
        (Shape(rate_bit=64_000), "rate 64000bit burst 3200 limit 18200"),
        (Shape(rate_bit=10_000_000), "rate 10000000bit burst 12500 limit 325000"),
        (Shape(rate_bit=64_000, burst_bytes=8000), "rate 64000bit burst 8000 limit 23000"),
    ],
)
def test_tbf_is_told_rate_burst_and_queue(shape: Shape, words: str) -> None:
    assert " ".join(tbf(shape)) == words


def test_several_faults_add_up() -> None:
    loss, latency = Shape(loss=5), Shape(delay_ms=20, jitter_ms=2)
    slow, slower = Shape(rate_bit=2000, burst_bytes=9), Shape(rate_bit=1000)
    assert together((loss, latency, slow, slower)) == Shape(delay_ms=20, jitter_ms=2, loss=5, rate_bit=1000)
    assert together(()) == Shape()


def test_a_shape_survives_being_written_down() -> None:
    shape = Shape(burst=(1.0, 20.0, 100.0, 0.0), delay_ms=2.5, distribution="pareto")
    assert Shape.from_json(shape.as_json()) == shape
