"""What the crowd reads of an answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from simulator.desktop.link import retry_after_s


@pytest.mark.parametrize(
    ("given", "seconds"),
    [({}, None), ({"Retry-After": "3"}, 3.0), ({"Retry-After": "-1"}, 0.0), ({"Retry-After": "soon"}, None)],
)
def test_retry_after_is_seconds(given: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(given) == seconds


def test_retry_after_may_be_a_date() -> None:
    found = retry_after_s({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)})
    assert found is not None
    assert 95 < found <= 100
