"""Where the state of running runs lives: one private folder per run, gone when the run is over.

The folder is `$DESKSTORM_STATE`, or `/tmp/deskstorm-<uid>` (one place, whatever a shell's TMPDIR says, so that
`deskstorm stop` finds every run). A run's keeper holds an advisory lock on the run's folder as long as it lives:
whoever can take the lock knows that the keeper is gone, and is the only one to clean up.
"""

import fcntl
import json
import os
import re
import shutil
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import BadInput

RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
UNBORN = ".deskstorm-new-"
LOCK = "deskstorm.lock"
UNBORN_LIMIT_S = 60.0


@dataclass(frozen=True)
class RunState:
    """The paths of one run's state."""

    folder: Path

    @property
    def run(self) -> str:
        """The run's id."""
        return self.folder.name

    @property
    def world(self) -> Path:
        """The runtime world file (harness.world)."""
        return self.folder / "world.json"

    @property
    def socket(self) -> Path:
        """The keeper's unix socket."""
        return self.folder / "keeper.sock"

    @property
    def undo_log(self) -> Path:
        """The undo records (harness.keeping.undo)."""
        return self.folder / "undo.jsonl"

    @property
    def keeper(self) -> Path:
        """Who keeps the run: `{"pid", "start_time", "folder"}`, `folder` being that of the run's evidence."""
        return self.folder / "keeper.json"

    @property
    def children(self) -> Path:
        """One line `{"name", "pid", "start_time"}` for each process that the keeper started."""
        return self.folder / "children.jsonl"

    @property
    def stuck(self) -> Path:
        """There if something of this run could not be seen cleared when it was cleaned up."""
        return self.folder / "stuck"

    @property
    def lock(self) -> Path:
        """The file whose lock the living keeper holds."""
        return self.folder / LOCK

    def settings(self, name: str) -> Path:
        """Where the settings file of the child `name` belongs."""
        return self.folder / f"{name}.json"

    def remove(self) -> None:
        """Take the folder away, its lock last, by which it is known; nothing to do if it is gone."""
        with suppress(OSError):
            for path in self.folder.iterdir():
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                elif path != self.lock:
                    path.unlink()
            self.lock.unlink()
            self.folder.rmdir()


def root() -> Path:
    """The folder of all runs' state, made if need be; refused if it is not ours alone to write."""
    given = os.environ.get("DESKSTORM_STATE")
    folder = Path(given).absolute() if given else Path(f"/tmp/deskstorm-{os.getuid()}")  # noqa: S108 - checked below
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise BadInput(f"state folder {folder}", "a folder that can be made", error.strerror) from None
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        what = f"mode {stat.filemode(found.st_mode)}, owner {found.st_uid}"
        raise BadInput(f"state folder {folder}", "a folder of our own that nobody else may write to", what)
    return folder


def create(run_id: str) -> tuple[RunState, int]:
    """Make the state of a new run; returns it with the open, locked lock file, to be handed to the keeper."""
    if not RUN_ID.fullmatch(run_id):
        raise BadInput("run id", "letters, digits, dots, dashes and underscores, at most 80", run_id)
    # Made under another name and renamed, so that nobody ever sees a run's folder without its lock held.
    unborn = root() / f"{UNBORN}{os.getpid()}-{run_id}"
    folder = root() / run_id
    try:
        unborn.mkdir(mode=0o700)
        lock = os.open(unborn / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        unborn.rename(folder)
    except OSError as error:
        shutil.rmtree(unborn, ignore_errors=True)
        raise BadInput(f"run {run_id}", "a run id that is not in use", error.strerror) from None
    return RunState(folder), lock


def runs() -> list[RunState]:
    """The state of every run on this machine that is not over or left something behind; nothing else in that folder."""
    found = [RunState(folder) for folder in sorted(root().iterdir()) if not folder.name.startswith(UNBORN)]
    return [run for run in found if run.lock.is_file()]


def sweep_unborn() -> None:
    """Take away what starters left that died before their run began: nothing was in force yet."""
    for folder in root().glob(f"{UNBORN}*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > UNBORN_LIMIT_S:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def taken_over(run: RunState) -> Iterator[bool]:
    """Whether the keeper of `run` is gone; if so, the run is ours alone while the context lasts."""
    try:
        lock = os.open(run.lock, os.O_RDWR)
    except OSError:
        yield False
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
    finally:
        os.close(lock)


def connect(path: Path, within_s: float) -> socket.socket:
    """A connection to the unix socket at `path`, however long the path; OSError if nobody listens."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(within_s)
    try:
        with _short(path) as address:
            link.connect(address)
    except OSError:
        link.close()
        raise
    return link


def listen(path: Path) -> socket.socket:
    """A listening unix socket at `path`, however long the path."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(path) as address:
        listener.bind(address)
    listener.listen(64)
    return listener


@contextmanager
def _short(path: Path) -> Iterator[str]:
    # The address of a unix socket has 108 bytes; the folder's own handle keeps it short.
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{path.name}"
    finally:
        os.close(handle)


def write_private(path: Path, content: Any) -> None:
    """Write `content` as JSON for its owner alone, whole or not at all."""
    part = path.with_suffix(".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    os.replace(part, path)
