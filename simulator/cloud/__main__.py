"""`python -m simulator.cloud --settings FILE`: one cloud, until stdin ends or SIGTERM comes.

One JSON line on stdout says where it listens: `{"ready", "api", "login", "control", "ca"}`.
Wrong settings and a port in use: one line on stderr and exit code 2.
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from starlette.applications import Starlette

from harness.errors import BadInput, DeskstormError
from simulator.cloud.app import build
from simulator.cloud.settings import CloudSettings
from simulator.listening import KEEP_ALIVE_S, listen

if TYPE_CHECKING:
    from simulator.cloud.certificates import Certificates


def main() -> int:
    """Run one cloud; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m simulator.cloud", description="The stand-in for Genesys Cloud.")
    parser.add_argument("--settings", type=Path, required=True, help="the settings, a JSON file")
    try:
        settings = CloudSettings.read(parser.parse_args().settings)
        listener = listen(settings.port)
        app, tls = _prepared(settings)
    except DeskstormError as error:
        print(error, file=sys.stderr)
        return 2
    asyncio.run(_serve(app, tls, listener))
    return 0


def _prepared(settings: CloudSettings) -> tuple[Starlette, "Certificates | None"]:
    try:
        return build(settings), _certificates(settings)
    except OSError as error:
        raise BadInput("folder", "one that can be written to", f"{error.filename}: {error.strerror}") from None


def _certificates(settings: CloudSettings) -> "Certificates | None":
    if not settings.tls or settings.tls_folder is None:
        return None
    # Most worlds are plain, and the import is a tenth of the start.
    from simulator.cloud import certificates

    return certificates.make(Path(settings.tls_folder))


def _is_news(record: logging.LogRecord) -> bool:
    # uvicorn complains of each handshake that was answered with a status, which is what an unknown channel gets.
    return "without completing handshake" not in record.getMessage()


async def _serve(app: Starlette, tls: "Certificates | None", listener: socket.socket) -> None:
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        log_level="error",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
        ssl_certfile=tls.chain if tls else None,
        ssl_keyfile=tls.key if tls else None,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = uvicorn.Server(config)
    _stop_with_signals(server)
    _stop_with_stdin(server)
    base = f"{'https' if tls else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    ready = {"ready": "cloud", "api": base, "login": base, "control": f"{base}/_control"}
    # The listener queues connections from here on, so whoever reads this line may connect at once.
    print(json.dumps({**ready, "ca": str(tls.ca) if tls else None}), flush=True)
    try:
        await server.serve(sockets=[listener])
    finally:
        app.state.cloud.evidence.close()


def _stop_with_signals(server: uvicorn.Server) -> None:
    # uvicorn's own handlers come later and raise the signal again after a clean end: these hold before and after.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(server, "should_exit", True))


def _stop_with_stdin(server: uvicorn.Server) -> None:
    def watch() -> None:
        while os.read(0, 4096):
            pass
        server.should_exit = True

    threading.Thread(target=watch, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
