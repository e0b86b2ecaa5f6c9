"""A real PostgreSQL for tests: Debian's package, in a folder of its own, on a Unix socket, ended by its handle."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.waiting import until
from tests.debian import need

# It refuses to run as root; the package brings this user.
USER = "postgres"


@contextmanager
def postgres() -> Iterator[str]:
    """The address of an empty database, until the end of the block."""
    need("postgresql")
    binaries = max(Path("/usr/lib/postgresql").glob("*/bin"))
    user = USER if os.geteuid() == 0 else None
    # Not below pytest's own folders, which nobody else may enter; and the path of a socket must be short.
    folder = Path(tempfile.mkdtemp(prefix="deskstorm-pg-", dir="/tmp"))
    try:
        if user:
            shutil.chown(folder, user)
        argv = [str(binaries / "initdb"), "-D", str(folder / "data"), "-U", "tracker", "-A", "trust", "--no-sync"]
        subprocess.run(argv, check=True, capture_output=True, user=user, cwd=folder)
        argv = [str(binaries / "postgres"), "-D", str(folder / "data"), "-k", str(folder), "-c", "listen_addresses="]
        quiet = ["-c", "fsync=off", "-c", "log_min_messages=fatal"]
        server = subprocess.Popen([*argv, *quiet], user=user, cwd=folder, stderr=subprocess.DEVNULL)
        try:
            ready = [str(binaries / "pg_isready"), "-q", "-h", str(folder), "-d", "postgres"]
            until(lambda: subprocess.run(ready).returncode == 0, "PostgreSQL to take connections", 30)
            yield f"postgresql://tracker@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)
    finally:
        shutil.rmtree(folder)
