"""Alerts reach every sink in order, whatever happens to the others, and over restarts."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from harness.waiting import until
from tests.tracker.recording import Listener, Received, Reply, recording
from tracker.alerts.desk import Alerts
from tracker.alerts.sender import CHANCES
from tracker.given import Secret
from tracker.ledger.interaction import Condition
from tracker.settings import Settings, Sink


def stuck(number: int = 1, holds: bool = True) -> Condition:
    return Condition("stuck", f"c-{number}", "billing", 1000 + number, 300.0, 299.0, holds)


@contextmanager
def desk(folder: Path, *sinks: Sink, repeat_s: float = 300.0, proxy: str | None = None) -> Iterator[Alerts]:
    alerts = Alerts(Settings(data=folder, alerts=sinks, alert_repeat_s=repeat_s, proxy=proxy), seed=1)
    alerts.start()
    try:
        yield alerts
    finally:
        alerts.stop()


def generic(url: str) -> Sink:
    return Sink("generic", url, None)


def owes(alerts: Alerts) -> bool:
    return any(owed.waiting for owed in alerts.owed())


def heard(listener: Listener) -> list[tuple[str, str]]:
    return [(body["conversation_id"], body["state"]) for body in listener.bodies()]


def test_an_alert_is_heard_when_it_fires_while_it_fires_and_when_it_ends(tmp_path: Path) -> None:
    with recording() as sink, desk(tmp_path, generic(sink.url), repeat_s=0.2) as alerts:
        alerts.took([stuck()])
        until(lambda: len(sink.received) >= 3, "the alert to be repeated", 20)
        alerts.took([stuck(holds=False)])
        until(lambda: heard(sink)[-1] == ("c-1", "resolved"), "the end of the alert", 20)
        states = [state for _, state in heard(sink)]
        assert states == ["firing", *["still firing"] * (len(states) - 2), "resolved"]
        assert [body["notice"] for body in sink.bodies()] == list(range(1, len(states) + 1))
        assert alerts.listed(firing=True) == ([], 0)
        assert alerts.listed(firing=False)[1] == 1


@pytest.mark.parametrize("kind", ["slack", "alertmanager", "generic"])
def test_the_token_is_sent_as_a_bearer_through_the_proxy(tmp_path: Path, kind: str) -> None:
    with recording() as proxy:
        sink = Sink(kind, "http://sink.invalid", Secret("a-token"))
        with desk(tmp_path, sink, proxy=proxy.url) as alerts:
            alerts.took([stuck()])
            until(lambda: proxy.received, "the alert", 20)
    assert proxy.received[0].headers["authorization"] == "Bearer a-token"
    path = "/api/v2/alerts" if kind == "alertmanager" else ""
    assert proxy.received[0].path.rstrip("/") == f"http://sink.invalid{path}"


def test_a_sink_that_fails_is_asked_again_until_it_has_everything_in_order(tmp_path: Path) -> None:
    with recording(lambda _: Reply(503)) as sink, desk(tmp_path, generic(sink.url)) as alerts:
        alerts.took([stuck(1), stuck(2)])
        alerts.took([stuck(1, holds=False)])
        until(lambda: len(sink.received) >= 3, "some attempts", 20)
        assert {one for one, _ in heard(sink)} == {"c-1"}
        sink.answer = lambda _: Reply()
        until(lambda: alerts.owed()[0].sent.delivered == 3, "everything to be heard", 20)
        assert heard(sink)[-3:] == [("c-1", "firing"), ("c-2", "firing"), ("c-1", "resolved")]


def test_a_dead_sink_does_not_hold_up_the_others(tmp_path: Path) -> None:
    hang = threading.Event()

    def hanging(_: Received) -> Reply:
        hang.wait(10)
        return Reply()

    with recording(hanging) as dead, recording() as good:
        try:
            with desk(tmp_path, generic(dead.url), generic(good.url + "/x"), generic("http://127.0.0.1:9")) as alerts:
                alerts.took([stuck(number) for number in range(20)])
                until(lambda: alerts.owed()[1].sent.delivered == 20, "the good sink to have all", 20)
                assert [owed.waiting for owed in alerts.owed()] == [20, 0, 20]
                alerts.stop()
        finally:
            hang.set()


def test_nothing_is_lost_over_a_restart_and_nothing_known_is_said_again(tmp_path: Path) -> None:
    with recording(lambda _: Reply(503)) as sink:
        with desk(tmp_path, generic(sink.url)) as alerts:
            alerts.took([stuck(1), stuck(2), stuck(3)])
            until(lambda: alerts.owed()[0].waiting == 3, "the alerts to be kept", 20)
        sink.answer = lambda _: Reply()
        sink.received.clear()
        with desk(tmp_path, generic(sink.url)) as alerts:
            alerts.reconcile([stuck(1), stuck(3), stuck(4)])
            until(lambda: len(sink.received) >= 5 and not owes(alerts), "what was owed and what is new", 20)
        first, then = heard(sink)[:3], heard(sink)[3:]
        assert first == [(f"c-{number}", "firing") for number in (1, 2, 3)]
        assert then == [("c-2", "resolved"), ("c-4", "firing")]
        sink.received.clear()
        with desk(tmp_path, generic(sink.url)) as alerts:
            alerts.reconcile([stuck(1), stuck(3), stuck(4)])
            alerts.took([stuck(1, holds=False)])
            until(lambda: sink.received, "the next notice", 20)
        assert heard(sink) == [("c-1", "resolved")]


def test_what_began_and_ended_as_the_process_was_killed_is_told_of_once(tmp_path: Path) -> None:
    over = [Condition("bouncing", f"c-{number}", "billing", 1000, 4.0, 3.0, False) for number in (1, 2)]
    with recording() as sink:
        with desk(tmp_path, generic(sink.url)) as alerts:
            alerts.took([replace(over[0], holds=True), over[0]])
            until(lambda: len(sink.received) == 2 and not owes(alerts), "what was seen", 20)
        sink.received.clear()
        for _ in range(2):
            with desk(tmp_path, generic(sink.url)) as alerts:
                alerts.reconcile([], over)
                until(lambda: len(sink.received) == 2 and not owes(alerts), "what was missed", 20)
        assert heard(sink) == [("c-2", "firing"), ("c-2", "resolved")]


def test_what_was_taken_just_before_the_end_is_kept(tmp_path: Path) -> None:
    with desk(tmp_path, generic("http://127.0.0.1:9")) as alerts:
        alerts.took([stuck(number) for number in range(2000)])
    with desk(tmp_path, generic("http://127.0.0.1:9")) as alerts:
        assert alerts.owed()[0].waiting == 2000


@pytest.mark.parametrize(("status", "waiting"), [(400, 0), (404, 1)])
def test_a_notice_that_the_sink_refuses_is_set_aside_after_some_chances(
    tmp_path: Path, status: int, waiting: int
) -> None:
    def particular(request: Received) -> Reply:
        return Reply(status if request.json["conversation_id"] == "c-1" else 200)

    with recording(particular) as sink, desk(tmp_path, generic(sink.url)) as alerts:
        alerts.took([stuck(1)])
        until(lambda: len(sink.received) >= 6, "six attempts", 20)
        until(lambda: alerts.owed()[0].waiting == waiting, "the decision", 20)
        assert alerts.owed()[0].sent.refused == 1 - waiting


def test_two_services_with_one_address_both_hear_of_everything(tmp_path: Path) -> None:
    with recording() as pagerduty:
        sinks = [Sink("pagerduty", pagerduty.url, Secret(key)) for key in ("one", "other")]
        with desk(tmp_path, *sinks) as alerts:
            alerts.took([stuck(1)])
            until(lambda: [owed.sent.delivered for owed in alerts.owed()] == [1, 1], "both to hear of it", 20)
        assert sorted(body["routing_key"] for body in pagerduty.bodies()) == ["one", "other"]


def test_a_refusal_after_an_outage_costs_no_notice(tmp_path: Path) -> None:
    with recording(lambda _: Reply(503)) as sink, desk(tmp_path, generic(sink.url)) as alerts:
        alerts.took([stuck(1)])
        until(lambda: len(sink.received) > CHANCES, "as many failures as a refusal has chances", 60)
        answers = iter([Reply(400)])
        sink.answer = lambda _: next(answers, Reply())
        until(lambda: alerts.owed()[0].waiting == 0, "the notice to be taken", 60)
        assert (alerts.owed()[0].sent.delivered, alerts.owed()[0].sent.refused) == (1, 0)


def test_of_many_notices_in_one_message_only_the_one_that_is_refused_is_set_aside(tmp_path: Path) -> None:
    def particular(request: Received) -> Reply:
        names = {one["labels"]["conversation_id"] for one in request.json}
        return Reply(400 if "c-3" in names else 200)

    with recording(particular) as sink, desk(tmp_path, Sink("alertmanager", sink.url, None)) as alerts:
        alerts.took([stuck(number) for number in range(8)])
        until(lambda: alerts.owed()[0].sent.refused, "the decision", 90)
        until(lambda: alerts.owed()[0].sent.delivered == 7, "the others to be heard", 30)
        assert (alerts.owed()[0].waiting, alerts.owed()[0].sent.refused) == (0, 1)


def test_retry_after_is_waited_for(tmp_path: Path) -> None:
    with recording(lambda _: Reply(429, headers={"Retry-After": "1"})) as sink:
        with desk(tmp_path, generic(sink.url)) as alerts:
            began = time.monotonic()
            alerts.took([stuck(1)])
            until(lambda: len(sink.received) >= 2, "the second attempt", 20)
            assert time.monotonic() - began >= 1.0


def test_a_storm_is_a_few_messages_to_slack_and_alertmanager(tmp_path: Path) -> None:
    with recording() as slack, recording() as manager:
        sinks = Sink("slack", slack.url, None), Sink("alertmanager", manager.url, None)
        with desk(tmp_path, *sinks) as alerts:
            began = time.monotonic()
            alerts.took([stuck(number) for number in range(1000)])
            until(lambda: {owed.sent.delivered for owed in alerts.owed()} == {1000}, "everything to be sent", 20)
            assert len(slack.received) <= 2 + (time.monotonic() - began)
        posted = [one for body in manager.bodies() for one in body]
        assert sorted(one["labels"]["conversation_id"] for one in posted) == sorted(f"c-{n}" for n in range(1000))


def test_notices_that_the_disk_refuses_are_said_when_it_takes_them(tmp_path: Path) -> None:
    with recording() as sink, desk(tmp_path, generic(sink.url)) as alerts:
        with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as other:
            other.execute("ALTER TABLE notices RENAME TO elsewhere")
            alerts.took([stuck(1)])
            until(lambda: "no such table" in alerts.problem, "the refusal to be noticed", 20)
            assert sink.received == []
            other.execute("ALTER TABLE elsewhere RENAME TO notices")
        alerts.took([stuck(1, holds=False)])
        until(lambda: len(sink.received) == 2, "both notices", 20)
        assert (heard(sink), alerts.problem) == ([("c-1", "firing"), ("c-1", "resolved")], "")
