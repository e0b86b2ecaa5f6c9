"""The processes that the benchmarks of the wire measure, and a client that costs little itself."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.breaking.wire import WireControl
from harness.world import Wire

TOKEN = "benchmark"  # noqa: S105
AGENT = "agent-1"


@dataclass(frozen=True)
class Proxy:
    """A proxy that is measured: its process, and where it listens."""

    process: subprocess.Popen[str]
    address: tuple[str, int]

    def cpu_s(self) -> float:
        """CPU time that it has used so far, in seconds."""
        found = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(found[11]) + int(found[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def process(*command: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process and its first line; it ends with its stdin, or at the latest when it is told to."""
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert started.stdin and started.stdout
    try:
        yield started, started.stdout.readline()
    finally:
        started.stdin.close()
        started.terminate()
        started.wait(15)
        started.stdout.close()


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    """`host:port` of a server that answers at once."""
    with process(sys.executable, str(Path(__file__).parent / "wire_upstream.py")) as (_, line):
        yield f"127.0.0.1:{int(line)}"


@contextlib.contextmanager
def bare_mitmdump(folder: Path) -> Iterator[Proxy]:
    """mitmdump with the wire's options and without its addons."""
    options = ["listen_host=127.0.0.1", "listen_port=0", "flow_detail=0", "connection_strategy=lazy", "http2=false"]
    sets = [word for option in [*options, f"confdir={folder}"] for word in ("--set", option)]
    code = "from mitmproxy.tools.main import mitmdump; mitmdump()"
    script = str(Path(__file__).parent / "wire_port.py")
    with process(sys.executable, "-c", code, "--quiet", "-s", script, *sets) as (started, line):
        yield Proxy(started, ("127.0.0.1", int(line)))


@contextlib.contextmanager
def wire(folder: Path, host: str) -> Iterator[tuple[Proxy, WireControl]]:
    """Our wire, all faults off, and its control channel."""
    settings = {"evidence": str(folder / "evidence"), "control_token": TOKEN, "confdir": str(folder), "hosts": [host]}
    path = folder / "settings.json"
    path.write_text(json.dumps(settings))
    with process(sys.executable, "-m", "proxy_addons", "--settings", str(path)) as (started, line):
        ready = json.loads(line)
        control = Wire(ready["proxy"], ready["control_host"], ready["control_port"], TOKEN, ready["ca"])
        with WireControl(control) as channel:
            yield Proxy(started, ("127.0.0.1", int(ready["proxy"].rpartition(":")[2]))), channel


class Client:
    """One kept-alive connection to a proxy."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, upstream: str) -> None:
        self._reader, self._writer = reader, writer
        head = f"GET http://{upstream}/api/v2/users/me?expand=presence HTTP/1.1\r\nHost: {upstream}\r\n"
        self._request = (head + "Authorization: Bearer token-of-agent-1\r\nAccept: application/json\r\n\r\n").encode()

    @classmethod
    async def connect(cls, address: tuple[str, int], upstream: str) -> "Client":
        """Connect to the proxy at `address`."""
        reader, writer = await asyncio.open_connection(*address)
        return cls(reader, writer, upstream)

    async def get(self) -> float:
        """One request; the milliseconds until its answer was whole."""
        started = time.perf_counter()
        self._writer.write(self._request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await self._reader.readexactly(length)
        return (time.perf_counter() - started) * 1000

    async def close(self) -> None:
        """Hang up."""
        self._writer.close()
        await self._writer.wait_closed()
