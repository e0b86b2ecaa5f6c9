"""What really became of a conversation, out of the cloud's own evidence."""

from typing import Any

from harness.evidence import Entry, Evidence
from harness.observing.truth import Stay, truths


def visit(participant: str, queue: str, entered: int, left: int | None = None, outcome: str | None = None) -> Entry:
    fields: dict[str, Any] = {
        "queue": queue,
        "participant": participant,
        "entered": entered,
        "left": left,
        "outcome": outcome,
    }
    return line("cloud.visit", conversation="c-1", **fields)


def line(kind: str, source: str = "cloud", **fields: Any) -> Entry:
    return Entry(1, source, kind, None, fields)


def of(*entries: Entry) -> Evidence:
    return Evidence(entries)


def test_a_stay_that_ended_replaces_the_one_that_began() -> None:
    found = truths(of(visit("p1", "a", 10), visit("p1", "a", 10, 30, "ANSWERED"), visit("p2", "b", 40)))["c-1"]
    assert found.stays == (Stay("a", "p1", 10, 30, "ANSWERED"), Stay("b", "p2", 40))
    assert (found.queue, found.stays[0].dwell_ms, found.stays[1].dwell_ms) == ("b", 20, None)
    assert found.longest_wait_ms(100) == 60


def test_who_comes_back_to_a_queue_bounces() -> None:
    stays = [visit(f"p{n}", queue, n * 10, n * 10 + 5) for n, queue in enumerate("abaab")]
    found = truths(of(*stays))["c-1"]
    assert (found.bounces, found.bounces_to("a"), found.bounces_to("b"), found.bounces_to("z")) == (3, 2, 1, 0)


def test_a_call_is_open_until_the_customer_has_gone() -> None:
    begun = line("cloud.call", conversation="c-1", started=5, ended=None)
    over = line("cloud.call", conversation="c-1", started=5, ended=50)
    assert truths(of(begun))["c-1"].open
    found = truths(of(begun, visit("p1", "a", 10), over))["c-1"]
    assert (found.open, found.started_ms, found.ended_ms) == (False, 5, 50)


def test_nobody_else_is_believed() -> None:
    assert truths(of(line("cloud.call", source="crowd", conversation="c-1", started=5, ended=None))) == {}
