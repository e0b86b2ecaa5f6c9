"""Bare `websockets` clients with the library's defaults and nothing else: what desktops are compared with.

`python -m benchmarks.parts.bare_sockets FILE` connects to each URI of a JSON list, says so in one JSON line, and ends
with its stdin.
"""

import asyncio
import json
import sys
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect

AT_ONCE = 50


async def hold(uris: list[str]) -> None:
    """Connect, say so, and read until stdin ends."""
    connections: list[ClientConnection] = []
    for start in range(0, len(uris), AT_ONCE):
        batch = (connect(uri, proxy=None) for uri in uris[start : start + AT_ONCE])
        connections += await asyncio.gather(*batch)

    async def listen(connection: ClientConnection) -> None:
        async for message in connection:
            json.loads(message)

    tasks = [asyncio.create_task(listen(connection)) for connection in connections]
    print(json.dumps({"connected": len(connections)}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for connection in connections:
        connection.transport.abort()
    await asyncio.gather(*tasks, return_exceptions=True)


if __name__ == "__main__":
    asyncio.run(hold(json.loads(Path(sys.argv[1]).read_text())))
