"""Activities that go wrong in the ways that Chaos Toolkit ends green on."""

import os
import signal
import threading
from typing import Any


def answer(value: Any) -> Any:
    """Answer `value`."""
    return value


def flip(path: str) -> int:
    """Answer 1 at first, 0 at the second to fourth call, and 1 from then on; `path` counts the calls."""
    with open(path, "a+", encoding="utf-8") as file:
        file.write("x")
        file.seek(0)
        return 0 if len(file.read()) in (2, 3, 4) else 1


def go_wrong() -> None:
    """Raise."""
    raise RuntimeError("nothing works here")


async def dream() -> int:
    """Never awaited by Chaos Toolkit."""
    return 1


def raise_signal(number: int) -> int:
    """Send a signal to the own process, and go on."""
    os.kill(os.getpid(), number)
    return int(signal.Signals(number))


def hang(seconds: float) -> int:
    """Answer only after `seconds`."""
    threading.Event().wait(seconds)
    return 1
