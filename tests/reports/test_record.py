"""Reading a run's folder."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from reports import record


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="expected the folder of a run"):
        record.read(tmp_path / "nowhere")


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"expected verdict.json or evidence"):
        record.read(tmp_path)


def test_a_verdict_that_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("{")
    with pytest.raises(BadInput, match=r"verdict.json of run .*: expected JSON"):
        record.read(tmp_path)


def test_times_are_real_world_seconds_since_the_world_was_up(recorded: Any) -> None:
    found = record.read(recorded.write())
    first_poll = found.of("poll")[1]
    assert found.clock.seconds(first_poll.t) == pytest.approx(1.0)
    assert found.clock.wall(10.0) == datetime(2026, 11, 20, 9, 0, 1, tzinfo=UTC)


def test_a_run_that_was_killed_is_judged_from_what_it_left(recorded: Any) -> None:
    recorded.verdict, recorded.closed = {}, False
    found = record.read(recorded.write())
    assert found.verdict["verdict"] == "VOID"
    assert found.verdict["reasons"][0].startswith("the run ended before it was judged")
    assert [source.source for source in record.sources(found) if not source.closed] == [
        "chaos-1",
        "crowd",
        "keeper",
        "validator",
        "wire",
    ]


def test_a_verdict_judged_afterwards_is_completed_from_the_evidence(recorded: Any) -> None:
    recorded.verdict = {"verdict": "VOID", "reasons": ["killed"], "findings": []}
    found = record.read(recorded.write())
    known = (found.verdict["experiment"], found.verdict["seed"], found.clock.scale)
    assert known == ("websocket_reset", 7, 0.1)


def test_secrets_in_evidence_and_verdict_are_redacted_while_reading(recorded: Any) -> None:
    recorded.add("crowd", 3, "write.sent", "agent-01", note="Authorization: Bearer planted-secret-1")
    recorded.verdict["reasons"] = ["refresh_token=planted-secret-2 was refused"]
    found = record.read(recorded.write())
    assert "planted" not in str(found)
