"""Planted, a bad delivery is never final; without the defect it is, and is kept."""

from pathlib import Path

import pytest

from tests.tracker.running import running

pytestmark = pytest.mark.world


@pytest.mark.parametrize(("defect", "status", "kept"), [(None, 400, 1), ("malformed_is_retried", 503, 0)])
def test_a_bad_event_is_asked_for_again_only_with_the_defect(
    tmp_path: Path, defect: str | None, status: int, kept: int
) -> None:
    with running(tmp_path, defect) as tracker:
        assert tracker.deliver({"detail": "cut"}).status_code == status
        assert tracker.get("/api/v1/dead-letters")["total"] == kept
