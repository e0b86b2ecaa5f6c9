"""`python -m simulator.desktop --settings FILE`: one crowd, until stdin ends or SIGTERM comes.

One JSON line on stdout says where the status endpoint listens: `{"ready": <name>, "url"}`; the desktops connect
after that. Wrong settings: one line on stderr and exit code 2.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import uvicorn

from harness.errors import DeskstormError
from simulator.desktop.crowd import Crowd
from simulator.desktop.namespace import enter
from simulator.desktop.settings import CrowdSettings
from simulator.desktop.status import build
from simulator.listening import KEEP_ALIVE_S


def main() -> int:
    """Run one crowd; returns the exit code of one that cannot start, and else never."""
    parser = argparse.ArgumentParser(prog="python -m simulator.desktop", description="Many headless agent desktops.")
    parser.add_argument("--settings", type=Path, required=True, help="the settings, a JSON file")
    try:
        settings = CrowdSettings.read(parser.parse_args().settings)
        asyncio.run(_run(Crowd(settings)))
    except DeskstormError as error:
        print(error, file=sys.stderr)
        return 2
    # All is closed. The interpreter would take a thousand desktops apart now, and be killed by a signal meanwhile.
    sys.stdout.flush()
    os._exit(0)


async def _run(crowd: Crowd) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end(*_: object) -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have ended first
            loop.call_soon_threadsafe(ended.set)

    # Not the loop's own handlers: those go with it, and a second signal would kill a process that is ending in order.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=_until_stdin_ends, args=(end,), name="stdin", daemon=True).start()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        build(crowd), log_level="error", access_log=False, lifespan="off", ws="none", timeout_keep_alive=KEEP_ALIVE_S
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    if crowd.settings.namespace:
        # The listener stays where it was created: the crowd can be asked whatever becomes of the link of its desktops.
        enter(crowd.settings.namespace)
    print(
        json.dumps({"ready": crowd.settings.name, "url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True
    )
    crowd.start()
    await ended.wait()
    server.should_exit = True
    await serving
    await crowd.stop()


def _until_stdin_ends(then: Callable[[], None]) -> None:
    while os.read(0, 4096):
        pass
    then()


class _Server(uvicorn.Server):
    """Leaves signals to the crowd, which has more to end than this server."""

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()


if __name__ == "__main__":
    sys.exit(main())
