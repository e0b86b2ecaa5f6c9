"""Planted, what a receiver refuses is lost to it; what it takes is told as ever."""

from pathlib import Path

import pytest

from harness.waiting import until
from tests.tracker.alerts.test_desk import generic, heard, stuck
from tests.tracker.recording import Reply, recording
from tracker.defects import alert_sent_once
from tracker.parts import Parts
from tracker.settings import Settings


@pytest.mark.parametrize("reply", [Reply(503), Reply(200)], ids=["refused", "taken"])
def test_an_alert_is_sent_once_whatever_comes_of_it(tmp_path: Path, reply: Reply) -> None:
    with recording() as sink:
        sink.answer = lambda _: reply
        alerts = alert_sent_once.plant(Parts()).alerts(Settings(tmp_path, alerts=(generic(sink.url),)))
        alerts.start()
        alerts.took([stuck(1)])
        until(lambda: alerts.owed()[0].sent.delivered == 1, "the alert to be taken as sent", 20)
        sink.answer = lambda _: Reply(200)
        alerts.took([stuck(2)])
        until(lambda: alerts.owed()[0].sent.delivered == 2, "the next one to be sent", 20)
        alerts.stop()
        assert heard(sink) == [("c-1", "firing"), ("c-2", "firing")]
