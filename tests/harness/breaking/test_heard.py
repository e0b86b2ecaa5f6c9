import pytest

from harness.breaking.heard import Heard


@pytest.mark.parametrize(
    ("numbers", "missing", "repeated", "overtaken", "normal"),
    [
        ((0, 1, 2), 0, 0, 0, True),
        ((), 3, 0, 0, False),
        ((0, 2), 1, 0, 0, False),
        ((0, 0, 1, 2), 0, 1, 0, False),
        ((1, 0, 2), 0, 0, 1, False),
        ((2, 1, 0), 0, 0, 2, False),
    ],
)
def test_it_counts_what_is_missing_repeated_and_overtaken(
    numbers: tuple[int, ...], missing: int, repeated: int, overtaken: int, normal: bool
) -> None:
    heard = Heard(3, numbers, tuple(1.0 for _ in numbers))
    assert (heard.missing, heard.repeated, heard.overtaken, heard.normal) == (missing, repeated, overtaken, normal)
