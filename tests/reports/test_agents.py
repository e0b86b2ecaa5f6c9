"""What each agent's line says."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.evidence import Entry
from reports.agents import AgentTracks, labels, line, spelled, tracks
from reports.model import AgentLine, Connection, MarkKind, Queue


def tracked(*lines: tuple[float, str, Mapping[str, object]]) -> AgentLine:
    """The line from 0 to 10 of an agent of whom this is known."""
    entries = [Entry(int(at * 1e9), "crowd", kind, "a", dict(fields)) for at, kind, fields in lines]
    return line("a", "a", AgentTracks(entries, lambda t: t / 1e9), 0.0, 10.0)


def states(found: AgentLine) -> list[tuple[Any, ...]]:
    """The connection spans as plain values."""
    return [(span.state, span.start, span.end) for span in found.connection]


OPEN = {"socket": "1"}
READY = {"banner": "connected", "connected": True}
CONNECTING = {"banner": "connecting", "connected": False}


def test_a_desktop_is_connected_while_its_socket_is_open_and_its_banner_says_so() -> None:
    found = tracked(
        (-1, "ws.open", OPEN),
        (-1, "desktop.banner", READY),
        (4, "ws.close", {**OPEN, "code": 1006}),
        (4.1, "desktop.banner", CONNECTING),
        (6, "ws.open", {"socket": "2"}),
        (6.1, "desktop.banner", READY),
    )
    connected, down = Connection.CONNECTED, Connection.DOWN
    assert states(found) == [(connected, 0.0, 4.0), (down, 4.0, 6.0), (connected, 6.0, 10.0)]
    assert [(mark.kind, mark.at, mark.note) for mark in found.marks] == [
        (MarkKind.DROP, 4.0, "code 1006"),
        (MarkKind.RECONNECT, 6.0, ""),
    ]


def test_a_banner_that_says_connected_without_a_socket_is_shown_as_a_disagreement() -> None:
    found = tracked((0, "ws.open", OPEN), (0, "desktop.banner", READY), (5, "ws.close", OPEN))
    assert states(found)[-1] == (Connection.DISAGREES, 5.0, 10.0)


def test_two_sockets_at_once_are_shown() -> None:
    found = tracked((0, "ws.open", OPEN), (5, "ws.open", {"socket": "2"}), (7, "ws.close", OPEN))
    assert (Connection.DOUBLE, 5.0, 7.0) in states(found)


def test_a_socket_after_a_logout_is_a_disagreement() -> None:
    out = {"banner": "logged_out", "connected": False}
    found = tracked(
        (0, "ws.open", OPEN), (2, "ws.close", OPEN), (2, "desktop.banner", out), (6, "ws.open", {"socket": "2"})
    )
    assert states(found)[1:] == [(Connection.OUT, 2.0, 6.0), (Connection.DISAGREES, 6.0, 10.0)]


def test_before_its_first_connection_a_desktop_is_logging_on_and_not_lost() -> None:
    found = tracked((3, "ws.open", OPEN), (4, "desktop.banner", READY))
    assert states(found) == [(Connection.STARTING, 0.0, 4.0), (Connection.CONNECTED, 4.0, 10.0)]


def test_without_a_wire_the_desktops_own_sockets_count() -> None:
    found = tracked((0, "socket.open", OPEN), (5, "socket.closed", OPEN))
    assert states(found) == [(Connection.CONNECTED, 0.0, 5.0), (Connection.DOWN, 5.0, 10.0)]


@pytest.mark.parametrize(
    ("presence", "routing", "expected"),
    [
        ("On Queue", "IDLE", Queue.ON),
        ("ON_QUEUE", "INTERACTING", Queue.ON),
        ("OnQueue", "NOT_RESPONDING", Queue.NOT_RESPONDING),
        ("ON_QUEUE", "OFF_QUEUE", Queue.OFF),
        ("Available", "OFF_QUEUE", Queue.OFF),
    ],
)
def test_the_queue_strip_says_what_the_api_said(presence: str, routing: str, expected: Queue) -> None:
    found = tracked((0, "agent.status", {"presence": presence, "routing": routing, "joined": True}))
    assert [span.state for span in found.queue] == [expected]


def test_the_three_spellings_of_a_presence_are_one() -> None:
    assert {spelled("On Queue"), spelled("OnQueue"), spelled("ON_QUEUE")} == {"ONQUEUE"}


def test_every_desktop_has_a_line_and_the_canary_has_none(recorded: Any) -> None:
    from reports import record

    recorded.add("wire", 1, "ws.open", "canary", channel="c", socket="s")
    found = record.read(recorded.write())
    assert list(tracks(found)) == [f"agent-{number:02}" for number in range(1, 13)]


def test_long_ids_are_shortened_to_what_tells_them_apart(recorded: Any) -> None:
    from reports import record

    found = record.read(recorded.write())
    same_start = ["00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"]
    assert list(labels(found, same_start).values()) == ["…000000000001", "…000000000002"]
    other_start = ["aaaaaaaa-0000-4000-8000-000000000001", "bbbbbbbb-0000-4000-8000-000000000001"]
    assert list(labels(found, other_start).values()) == ["aaaaaaaa", "bbbbbbbb"]
