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
    return _in_a_thread(lambda: enter(namespace), call) if namespace else call()


def alone(call: Callable[[], T]) -> T:
    """What `call` answers, made in a thread in a network namespace that has no name: whatever becomes of us, it ends
    with that thread and the tools that `call` runs.

    Raises what `call` raises, and `BadInput` if no namespace can be made.
    """
    return _in_a_thread(_unshare, call)


def _in_a_thread(enter: Callable[[], None], call: Callable[[], T]) -> T:
    answers: list[T] = []
    problems: list[BaseException] = []

    def run() -> None:
        try:
            enter()
            answers.append(call())
        except BaseException as error:
            problems.append(error)

    # A thread of its own: the namespace is a thread's, and this one ends with the call.
    thread = threading.Thread(target=run, name="inside a network namespace")
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


def _unshare() -> None:
    # os.unshare is there from Python 3.12 on.
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        raise BadInput("a network namespace", "one that we may make (as root)", os.strerror(ctypes.get_errno()))
