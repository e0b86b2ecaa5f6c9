"""Nobody sleeps: everybody waits for a named condition, with a limit."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from harness.errors import DeskstormError

T = TypeVar("T")


class Waited(DeskstormError):
    """A condition did not come true in time."""

    def __init__(self, what: str, within_s: float, last: object) -> None:
        super().__init__(f"waited {within_s:g} s for {what}; last seen: {last!r}")
        self.what = what
        self.within_s = within_s
        self.last = last


def until(condition: Callable[[], T], what: str, within_s: float, every_s: float = 0.02) -> T:
    """The first truthy answer of `condition`; raises `Waited` after `within_s` seconds."""
    deadline = time.monotonic() + within_s
    pause = threading.Event()
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= deadline:
            raise Waited(what, within_s, answer)
        pause.wait(every_s)


def pause(seconds: float) -> None:
    """Let `seconds` pass, for where the time itself is the point (an observation, a spacing); signals interrupt it."""
    threading.Event().wait(seconds)


async def eventually(condition: Callable[[], T | Awaitable[T]], what: str, within_s: float, every_s: float = 0.02) -> T:
    """The same for asyncio: the first truthy answer of `condition`, which may be a coroutine function."""
    deadline = time.monotonic() + within_s
    while True:
        answer = condition()
        found = await answer if isinstance(answer, Awaitable) else answer
        if found:
            return found
        if time.monotonic() >= deadline:
            raise Waited(what, within_s, found)
        await asyncio.sleep(every_s)
