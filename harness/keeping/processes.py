"""Processes: start a child that says when it is ready, end it by its handle, know one again by pid and start time."""

import json
import os
import queue
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.errors import BadInput, DeskstormError
from harness.waiting import Waited, until

READY_WITHIN_S = 45.0  # a network lab on a busy machine takes long
PATIENCE_S = 3.0


class NotStarted(DeskstormError):
    """A child process did not get ready."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(f"{name} did not start: {found}")
        self.name = name
        self.found = found


@dataclass(frozen=True)
class Identity:
    """A process for good: a pid comes back, a pid with the start time of /proc/<pid>/stat (clock ticks) does not."""

    pid: int
    start_time: int

    @classmethod
    def of(cls, pid: int) -> "Identity | None":
        """The process with that pid now; None if there is none, or only its remains."""
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        # The first thread may be a zombie while others of its process still hold files and locks.
        state, threads = fields[0], int(fields[17])
        return None if state in "ZX" and threads <= 1 else cls(pid, int(fields[19]))

    @property
    def alive(self) -> bool:
        """Whether this very process runs."""
        return Identity.of(self.pid) == self

    def end(self, patience_s: float = PATIENCE_S) -> bool:
        """End it if it still runs: SIGTERM, then SIGKILL; whether there was something to end."""
        try:
            handle = os.pidfd_open(self.pid)
        except OSError:
            return False
        try:
            if not self.alive:  # asked after the handle was opened: the handle is that very process
                return False
            for word in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, word)
                with suppress(Waited):
                    until(lambda: not self.alive, f"process {self.pid} to end", patience_s)
                    return True
        finally:
            os.close(handle)
        return True


@dataclass(frozen=True)
class Ended:
    """How a child ended: exit `code` (negative: by that signal) and `how`: itself, stdin, terminated, killed; a guest
    that was told to end was `told`."""

    name: str
    pid: int
    code: int
    how: str

    @property
    def abnormal(self) -> bool:
        """Whether it did anything but end in order when it was asked to."""
        return self.how != "told" and (self.code != 0 or self.how != "stdin")


class Child:
    """A child process whose stdin is its life line: it ends itself when that closes, whatever became of us.

    It prints one JSON line with the key `ready` on stdout; the rest of its output goes to `log`. A program of somebody
    else's does neither: as a guest, `listens` at host and port says that it is ready, and SIGTERM tells it to end.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        listens: tuple[str, int] | None = None,
    ) -> None:
        self.name = name
        self._listens = listens
        self.ending = False
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            self._log = log.open("ab", buffering=0)
        except OSError as error:
            raise BadInput(f"log of {name}", "a file that can be written", f"{log}: {error.strerror}") from None
        try:
            self._popen = subprocess.Popen(
                list(argv), env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log
            )
        except OSError as error:
            self._log.close()
            raise BadInput(f"process {name}", "a program that can be started", f"{argv[0]}: {error.strerror}") from None
        self._log_path = log
        self._ready: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.pid = self._popen.pid
        self.identity = Identity.of(self.pid)
        self._reader = threading.Thread(target=self._read, args=(self._popen.stdout,), daemon=True)
        self._reader.start()

    def record(self, path: Path) -> None:
        """Append name and identity to `path`, by which it can be found again."""
        if self.identity is not None:
            line = {"name": self.name, "pid": self.pid, "start_time": self.identity.start_time}
            with path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._popen.poll() is None

    def wait(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""
        return self._popen.wait()

    def ready(self, within_s: float = READY_WITHIN_S) -> dict[str, Any]:
        """Its ready line, `{}` of a guest; raises `NotStarted` if it ends before, or takes longer than `within_s`."""
        if self._listens is not None:
            return self._answers(self._listens, within_s)
        try:
            line = self._ready.get(timeout=within_s)
        except queue.Empty:
            raise NotStarted(self.name, f"no ready line within {within_s:g} s") from None
        if line is None:
            raise NotStarted(self.name, f"exit code {self.wait()}: {self._last_words()}")
        return line

    def _answers(self, address: tuple[str, int], within_s: float) -> dict[str, Any]:
        def listens() -> bool:
            if not self.alive:
                raise NotStarted(self.name, f"exit code {self.wait()}: {self._last_words()}")
            with suppress(OSError):
                socket.create_connection(address, 1.0).close()
                return True
            return False

        try:
            until(listens, f"{self.name} to listen at {address[0]}:{address[1]}", within_s)
        except Waited as late:
            raise NotStarted(self.name, str(late)) from None
        return {}

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it still runs."""
        self._popen.send_signal(number)

    def end(self, patience_s: float = PATIENCE_S) -> Ended:
        """Close its stdin and wait; then SIGTERM and wait; then SIGKILL."""
        itself = not self.alive
        self.ending = True
        with suppress(OSError):
            if self._popen.stdin:
                self._popen.stdin.close()
        how = "itself" if itself else self._end(patience_s)
        self._reader.join(timeout=patience_s)
        self._log.close()
        return Ended(self.name, self.pid, self._popen.wait(), how)

    def kill(self) -> None:
        """End it at once."""
        self.ending = True
        self._popen.kill()
        self._popen.wait()

    def _end(self, patience_s: float) -> str:
        ways: tuple[tuple[str, Callable[[], None] | None], ...]
        ways = (("stdin", None), ("terminated", self._popen.terminate), ("killed", self._popen.kill))
        if self._listens is not None:
            ways = (("told", self._popen.terminate), ("killed", self._popen.kill))
        for how, ask in ways:
            if ask is not None:
                ask()
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(patience_s)
                return how
        return "killed"

    def _read(self, stdout: IO[bytes]) -> None:
        with stdout:
            for line in stdout:
                found = _json(line)
                if "ready" in found:
                    self._ready.put(found)
                else:
                    with suppress(OSError, ValueError):
                        self._log.write(line)
        self._ready.put(None)

    def _last_words(self) -> str:
        lines = self._log_path.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _json(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
