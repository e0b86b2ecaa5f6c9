"""Where a part of the local world listens."""

import socket

from harness.errors import BadInput

BACKLOG = 2048
# How long a server keeps an idle connection: longer than its clients do (httpx: 5 s). Where both give up at the same
# moment, a request meets a reset.
KEEP_ALIVE_S = 75


def listen(port: int) -> socket.socket:
    """A listener at `port` of this machine, any free one for 0. `BadInput` if it is in use."""
    # With the protocol named, asyncio turns Nagle off for what is accepted: without, answers come 40 ms late.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise BadInput("port", "a free port of this machine", f"{port}: {error.strerror}") from None
    listener.listen(BACKLOG)
    return listener
