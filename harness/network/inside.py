"""Doing something inside a network namespace: sockets made there stay there."""

import ctypes
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from harness.errors import BadInput

T = TypeVar("T")
NAMESPACES = Path("/run/netns")
CLONE_NEWNET = 0x40000000


def inside(namespace: str, call: Callable[[], T]) -> T:
    """What `call` answers, made in a thread that has entered `namespace`; "" is where we are already.

    Raises what `call` raises, and `BadInput` if there is no such namespace or it must not be entered.
    """
    if not namespace:
        return call()
    answers: list[T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            enter(namespace)
            answers.append(call())
        except BaseException as error:
            problems.append(error)

    # A thread of its own: the namespace is a thread's, and this one ends with the call.
    thread = threading.Thread(target=run, name=f"inside {namespace}")
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return answers[0]


def enter(namespace: str) -> None:
    """Move the calling thread into `namespace`, for good."""
    try:
        handle = os.open(NAMESPACES / namespace, os.O_RDONLY)
    except OSError as error:
        raise BadInput(f"network namespace {namespace}", "one that exists", error.strerror) from None
    try:
        # os.setns is there from Python 3.12 on.
        if ctypes.CDLL(None, use_errno=True).setns(handle, CLONE_NEWNET):
            words = os.strerror(ctypes.get_errno())
            raise BadInput(f"network namespace {namespace}", "one that we may enter (as root)", words)
    finally:
        os.close(handle)
