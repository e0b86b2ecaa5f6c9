"""Planted, what a receiver did not take before a restart never reaches it; the alert fires on."""

from pathlib import Path

from harness.waiting import until
from tests.tracker.alerts.test_desk import generic, heard, stuck
from tests.tracker.recording import Reply, recording
from tracker.defects import outbox_in_memory
from tracker.parts import Parts
from tracker.settings import Settings


def test_a_restart_owes_nobody_anything(tmp_path: Path) -> None:
    with recording() as sink:
        settings = Settings(tmp_path, alerts=(generic(sink.url),))
        sink.answer = lambda _: Reply(503)
        first = outbox_in_memory.plant(Parts()).alerts(settings)
        first.start()
        first.took([stuck()])
        until(lambda: bool(sink.received), "an attempt to tell of it", 20)
        first.stop()
        sink.received.clear()
        sink.answer = lambda _: Reply()
        second = outbox_in_memory.plant(Parts()).alerts(settings)
        second.start()
        second.took([stuck(2)])
        until(lambda: bool(sink.received), "another alert", 20)
        second.stop()
        assert heard(sink) == [("c-2", "firing")]
        assert second.firing() == 2
