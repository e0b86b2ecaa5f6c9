"""The short way in for deliveries: uvicorn's protocol, which answers `POST /eventbridge` without a task, a scope and an
event for each request. Whatever is not the plain case goes uvicorn's way, to the same intake: see `api.py`.

Plain: HTTP/1.1 on a connection that stays open, JSON, admitted by its header alone, nothing else in flight.
"""

import time
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tracker.answer import Answer
from tracker.intake import Intake
from tracker.service.access import Access
from tracker.service.answers import error, response_of

PATH = b"/eventbridge"
MOST_BYTES = 1_048_576
# Neither the parser nor uvicorn has a limit, and all of it comes before anybody is asked who he is. What comes after a
# head and is no body, as endless trailers are, makes a request longer than any that is read to its end.
MOST_HEAD_BYTES = 65_536
MOST_REQUEST_BYTES = 8 * MOST_BYTES
LONGEST_LENGTH = 6  # digits: up to 999,999 bytes
JSON_TYPES = (b"application/json", b"application/cloudevents+json")
PLAIN_TYPES = frozenset({*JSON_TYPES, b"application/json; charset=utf-8"})  # the last is what EventBridge says


TOO_LONG = error("head", f"at most {MOST_HEAD_BYTES} bytes", "more")
HEAD_REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%b" % (len(TOO_LONG), TOO_LONG)
)


class _HeadTooLong(Exception):
    """More than `MOST_HEAD_BYTES` before the end of the headers."""


class _InFlight:
    """What uvicorn asks of a request that is being answered; one serves all deliveries of a connection."""

    def __init__(self) -> None:
        self.response_complete = True
        self.disconnected = False
        self.keep_alive = True
        self.message_event = self

    def set(self) -> None:
        """Nobody waits for the end of the connection."""


class Door(HttpToolsProtocol):
    """One connection. Requests that come while a delivery is being kept wait in uvicorn's own pipeline."""

    def __init__(self, intake: Intake, access: Access, observe: Callable[[float], None], **given: Any) -> None:
        super().__init__(**given)
        self._intake = intake
        self._admits = access.delivers
        self._observe = observe
        self._delivery: list[bytes] | None = None
        self._flight: Any = _InFlight()
        self._since = 0.0
        self._piece = self._first = 0  # bytes of the newest piece that came, and of the one this request began in
        self._came = 0  # bytes of this request so far, without that one
        self._in_head = True
        self._head_too_long = False
        self.seen = time.monotonic()

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self.seen = time.monotonic()
        self._piece = len(data)
        self._came += self._piece
        super().data_received(data)
        if self._came > (MOST_HEAD_BYTES if self._in_head else MOST_REQUEST_BYTES) and not self.transport.is_closing():
            self._head_too_long = self._in_head
            self.send_400_response("The request is too long.")

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, or is too long to be."""
        if not self._head_too_long:
            super().send_400_response(msg)
            return
        self.transport.write(HEAD_REFUSED)
        self.transport.close()

    def idle_since(self, moment: float) -> bool:
        """Whether nothing came since `moment` (monotonic seconds) and nothing is being answered."""
        return self.seen < moment and (self.cycle is None or self.cycle.response_complete)

    def on_message_begin(self) -> None:
        """A request begins: which way it goes is seen when its headers are complete."""
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        self._delivery = None
        self._first = self._piece
        self._came = 0
        self._in_head = True

    def on_headers_complete(self) -> None:
        """Choose the way."""
        self._in_head = False
        if self._first + self._came > MOST_HEAD_BYTES and self._head_bytes() > MOST_HEAD_BYTES:
            self._head_too_long = True
            raise _HeadTooLong
        if self.url == PATH and self._is_plain():
            self._delivery = []
            self._since = time.perf_counter()
            return
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expects
        self.headers.extend(headers)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Collect; the length was announced and is allowed."""
        if self._delivery is None:
            super().on_body(body)
        else:
            self._delivery.append(body)

    def on_message_complete(self) -> None:
        """The delivery is here: its answer comes when it is kept."""
        parts, self._delivery = self._delivery, None
        if parts is None:
            super().on_message_complete()
            return
        self.cycle = self._flight
        self._flight.response_complete = False
        self._intake.take(parts[0] if len(parts) == 1 else b"".join(parts), self._answer)

    def _answer(self, answer: Answer) -> None:
        flight = self._flight
        flight.response_complete = True
        self._observe(time.perf_counter() - self._since)
        if self.transport.is_closing():
            return
        self.transport.write(response_of(answer))
        self.server_state.total_requests += 1
        if not flight.keep_alive:
            self.transport.close()
        elif self.pipeline:
            self.on_response_complete()

    def _head_bytes(self) -> int:
        return len(self.url) + sum(len(name) + len(value) for name, value in self.headers)

    def _is_plain(self) -> bool:
        parser = self.parser
        if parser.get_method() != b"POST" or not parser.should_keep_alive() or parser.get_http_version() != "1.1":
            return False
        if (self.cycle is not None and not self.cycle.response_complete) or self.expect_100_continue:
            return False
        found = dict(self.headers)
        length = found.get(b"content-length", b"")
        return (
            len(length) <= LONGEST_LENGTH
            and length.isdigit()
            and found.get(b"content-type") in PLAIN_TYPES
            and self._admits(found.get(b"authorization", b""))
        )
