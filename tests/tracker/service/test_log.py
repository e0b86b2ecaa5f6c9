"""Trouble is said once when it begins and once when it ends."""

import pytest

from tracker.service.log import LONGEST_LINE, Troubles, say


def test_what_lasts_is_said_once_and_its_end_too() -> None:
    problems, said = {"store": "", "sink slack-1": ""}, list[str]()
    troubles = Troubles(lambda: problems, said.append)
    troubles.look()
    assert said == []
    problems["store"] = "disk full"
    troubles.look()
    problems["store"] = "disk still full"
    troubles.look()
    problems["store"] = ""
    troubles.look()
    troubles.look()
    assert said == ["store: disk full", "store: well again"]


def test_a_line_is_one_line_of_bounded_length(capsys: pytest.CaptureFixture[str]) -> None:
    say("connection failed:\n\tno route " + "x" * 1000)
    err = capsys.readouterr().err
    assert err.startswith("tracker: connection failed: no route xxx")
    assert (err.count("\n"), len(err)) == (1, LONGEST_LINE + len("tracker: \n"))
