"""The client of the control channel, against a listener of the test's own."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from harness.breaking.wire import WireControl
from harness.errors import BadInput, Unreachable
from harness.world import Wire

Serve = Callable[[socket.socket, int], object]


@contextmanager
def listening(serve: Serve, connections: int) -> Iterator[WireControl]:
    """A client of a listener that gives each of so many connections to `serve`, with its number from 0."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            for number in range(connections):
                connection, _ = listener.accept()
                with connection:
                    serve(connection, number)

        thread = threading.Thread(target=accept)
        thread.start()
        with WireControl(Wire("http://127.0.0.1:1", "127.0.0.1", listener.getsockname()[1], "the token")) as control:
            yield control
        thread.join()


def answer(connection: socket.socket, count: int, message: bytes) -> list[object]:
    """Take the token and `count` requests, each answered with `message`; what was asked."""
    asked = []
    with connection.makefile("rwb") as file:
        assert json.loads(file.readline()) == {"token": "the token"}
        for _ in range(count):
            asked.append(json.loads(file.readline()))
            file.write(message + b"\n")
            file.flush()
    return asked


def test_one_connection_serves_several_requests() -> None:
    asked: list[object] = []
    with listening(lambda c, _: asked.extend(answer(c, 2, b'{"ok":true,"disarmed":["one"]}')), 1) as control:
        assert control.disarm() == ["one"]
        assert control.disarm(lease="one", fault="ws_drop") == ["one"]
    assert asked == [{"do": "disarm"}, {"do": "disarm", "id": "one", "fault": "ws_drop"}]


def test_a_lost_connection_is_made_anew() -> None:
    with listening(lambda c, _: answer(c, 1, b'{"ok":true,"armed":[]}'), 2) as control:
        assert control.state() == []
        assert control.state() == []


def test_a_wire_that_hangs_up_is_unreachable() -> None:
    with (
        listening(lambda c, _: answer(c, 0, b""), 1) as control,
        pytest.raises(Unreachable, match=r"the wire at .* did not answer"),
    ):
        control.state()


@pytest.mark.parametrize("line", [b"no json", b"[]"])
def test_a_wire_that_talks_nonsense_is_unreachable(line: bytes) -> None:
    with (
        listening(lambda c, _: answer(c, 1, line), 1) as control,
        pytest.raises(Unreachable),
    ):
        control.state()


def test_a_refusal_is_bad_input_with_the_reason_of_the_wire() -> None:
    with (
        listening(lambda c, _: answer(c, 1, b'{"error":"no such fault"}'), 1) as control,
        pytest.raises(BadInput, match="no such fault"),
    ):
        control.faults()
