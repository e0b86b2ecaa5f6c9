"""Messages that are held back go on in order, whatever comes in between."""

import asyncio

from mitmproxy.websocket import WebSocketMessage

from harness.waiting import eventually
from proxy_addons.core.sockets import Courier, Held


class Sent:
    """Takes what a courier sends on."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def __call__(self, held: Held, courier: Courier) -> None:
        self.texts.append(held.content.decode())


def message(text: str) -> WebSocketMessage:
    return WebSocketMessage(1, False, text.encode())


def test_a_message_passes_by_itself_while_nothing_is_held_back() -> None:
    async def run() -> None:
        sent = Sent()
        plain = message("a")
        Courier(sent).settle(plain)
        assert (plain.dropped, sent.texts) == (False, [])

    asyncio.run(run())


def test_what_comes_later_queues_up_behind_what_is_held_back() -> None:
    async def run() -> None:
        sent = Sent()
        courier = Courier(sent)
        courier.hold(message("a"), asyncio.get_running_loop().time() + 0.05, owner=None)
        later = message("b")
        courier.settle(later)
        assert (later.dropped, sent.texts) == (True, [])
        await eventually(lambda: sent.texts == ["a", "b"], "both to be sent in order", 20)

    asyncio.run(run())


def test_what_comes_while_one_is_still_under_way_queues_up_too() -> None:
    async def run() -> None:
        sent = Sent()
        courier = Courier(sent)
        courier.send(Held(b"a", is_text=True))
        assert courier.in_flight == 1
        later = message("b")
        courier.settle(later)
        assert (later.dropped, sent.texts) == (True, ["a", "b"])

    asyncio.run(run())


def test_releasing_one_owner_keeps_the_order() -> None:
    async def run() -> None:
        sent, never = Sent(), asyncio.get_running_loop().time() + 1000
        courier, mine, other = Courier(sent), object(), object()
        courier.hold(message("a"), never, mine)
        courier.hold(message("b"), never, other)
        courier.hold(message("c"), never, mine)
        courier.release(mine)
        assert sent.texts == ["a"]
        courier.release(other)
        assert sent.texts == ["a", "b", "c"]
        courier.close()

    asyncio.run(run())


def test_a_copy_follows_the_message_that_is_looked_at() -> None:
    async def run() -> None:
        sent = Sent()
        courier = Courier(sent)
        courier.follow(Held(b"copy", is_text=True))
        assert sent.texts == []
        courier.settle(message("a"))
        assert sent.texts == ["copy"]

    asyncio.run(run())
