"""`python -m simulator.receiver --settings FILE`: one receiver, until stdin ends or SIGTERM comes.

One JSON line on stdout says where it listens: `{"ready": "receiver", "url"}`. Wrong settings and a port in use: one
line on stderr and exit code 2.
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from harness.errors import DeskstormError
from harness.evidence import EvidenceWriter
from simulator.listening import KEEP_ALIVE_S, listen
from simulator.receiver.app import build
from simulator.receiver.settings import ReceiverSettings
from simulator.receiver.shelf import Shelf


def main() -> int:
    """Run one receiver; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulator.receiver", description="What a tracker sends to.")
    parser.add_argument("--settings", type=Path, required=True, help="the settings, a JSON file")
    try:
        settings = ReceiverSettings.read(parser.parse_args().settings)
        listener = listen(settings.port)
    except DeskstormError as error:
        print(error, file=sys.stderr)
        return 2
    evidence = EvidenceWriter(Path(settings.evidence), "receiver")
    try:
        asyncio.run(_serve(build(settings.token, Shelf(settings.most_points), evidence), listener))
    finally:
        evidence.close()
    return 0


async def _serve(app: Starlette, listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        ws="none",
        log_level="error",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        server.should_exit = True

    def until_stdin_ends() -> None:
        while os.read(0, 4096):
            pass
        end()

    # uvicorn's own handlers come later and raise the signal again after a clean end: these hold before and after.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threading.Thread(target=until_stdin_ends, name="stdin", daemon=True).start()
    # The listener queues connections from here on, so whoever reads this line may connect at once.
    print(json.dumps({"ready": "receiver", "url": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    await server.serve(sockets=[listener])


if __name__ == "__main__":
    sys.exit(main())
