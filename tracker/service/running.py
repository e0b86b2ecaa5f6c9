"""Runs one tracker: the server, its ready line, and an end in order on SIGTERM, SIGINT or the end of the life line."""

import asyncio
import contextlib
import fcntl
import gc
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
import uvloop

from tracker.errors import BadInput
from tracker.parts import Parts
from tracker.service.access import Access
from tracker.service.api import Api
from tracker.service.door import Door
from tracker.service.log import say
from tracker.service.tracker import Tracker
from tracker.settings import Settings
from tracker.trust import trusting

IDLE_S = 75.0
IDLE_LOOK_S = 5.0
STOP_S = 10
LOCK = "lock"


class _Server(uvicorn.Server):
    """A server that leaves signals to us."""

    @contextlib.contextmanager
    def capture_signals(self) -> Any:
        """None."""
        yield


def run(settings: Settings, parts: Parts) -> None:
    """Serve until told to end. Raises `BadInput` or `StoreFailed` if it cannot begin."""
    trusting(settings.ca)  # what is wrong with it is told now, and not by whoever needs it first
    os.umask(0o077)  # what callers said and who they are is nobody else's business on this machine
    with _own(settings.data):
        listener = _listener(settings)
        uvloop.run(_serve(settings, parts, listener))


@contextlib.contextmanager
def _own(folder: Path) -> Iterator[None]:
    """The folder is this process' alone until it ends, however it ends: two trackers would file over each other."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK).open("w")
    except OSError:
        raise BadInput("data", "a folder that can be written", str(folder)) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BadInput("data", "a folder that no other tracker uses", str(folder)) from None
        yield


def _listener(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port), backlog=1024)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise BadInput("host and port", f"an address to listen at ({error.strerror})", where) from None


def _spare_the_collector() -> None:
    """Look for cycles among the young only: a look at 100,000 open conversations takes 0.2 s, and they have none."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)


async def _serve(settings: Settings, parts: Parts, listener: socket.socket) -> None:
    ended = _until_ended(settings.life_line)
    tracker = Tracker(settings, parts)
    access = Access(settings)
    door = partial(Door, tracker.intake, access, tracker.gauges.latency.observe)
    config = uvicorn.Config(
        Api(tracker, access).app(),
        http=door,  # type: ignore[arg-type]
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
        server_header=False,
        timeout_keep_alive=round(IDLE_S),
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    began = time.monotonic()
    await tracker.start()
    _spare_the_collector()
    host, port = listener.getsockname()[:2]
    took_s = time.monotonic() - began
    say(f"started: {host}:{port}, {tracker.ledger.size()} conversations replayed in {took_s:.1f} s")
    for warning in access.warnings(host):
        say(warning)
    print(json.dumps({"ready": "tracker", "url": f"http://{host}:{port}"}), flush=True)
    closing = asyncio.create_task(_close_the_idle(server))
    await asyncio.wait([asyncio.ensure_future(ended.wait()), serving], return_when=asyncio.FIRST_COMPLETED)
    closing.cancel()
    server.should_exit = True
    tracker.unready = "it is stopping"
    await serving
    await tracker.stop()
    say("ended in order")


def _until_ended(life_line: bool) -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have ended first
            loop.call_soon_threadsafe(ended.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    if life_line:
        threading.Thread(target=_until_stdin_ends, args=(end,), name="life line", daemon=True).start()
    return ended


def _until_stdin_ends(end: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    end()


async def _close_the_idle(server: uvicorn.Server) -> None:
    """Deliveries set no timer each; connections that say nothing for long are looked for instead."""
    while True:
        await asyncio.sleep(IDLE_LOOK_S)  # waits: the pace of looking
        for connection in list(server.server_state.connections):
            if isinstance(connection, Door) and connection.idle_since(time.monotonic() - IDLE_S):
                connection.transport.close()
