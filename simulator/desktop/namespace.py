"""Into a network namespace: what this thread, and every thread that it starts, opens from then on lives in there."""

import ctypes
import os

from harness.errors import BadInput

CLONE_NEWNET = 0x40000000
NAMED = "/run/netns"


def enter(name: str) -> None:
    """Enter the namespace that `ip netns` calls `name`; sockets that are open stay where they are. Needs root.

    Raises `BadInput`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        handle = os.open(f"{NAMED}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if libc.setns(handle, CLONE_NEWNET):
                code = ctypes.get_errno()
                raise OSError(code, os.strerror(code))
        finally:
            os.close(handle)
    except OSError as error:
        raise BadInput("namespace", f"a network namespace that can be entered, named {name}", error.strerror) from None
