"""Running tc, nft, ip and ss: in a namespace or where we are."""

import json
import os
import subprocess
from collections.abc import Sequence
from typing import Any

from harness.errors import DeskstormError
from harness.network.tc import Qdisc, qdiscs

LIMIT_S = 20.0  # a lab on a busy machine takes seconds for what takes milliseconds
GONE = ("Cannot find device", "No such file", "No such process", "does not exist", "No such device")
# `ip netns exec` about a tool that it did not find.
NOT_RUN = "exec of "


class ToolFailed(DeskstormError):
    """A tool of the system refused, `found` is its own last line; or, not `answered`, it did not run to its end."""

    def __init__(self, argv: Sequence[str], found: str, answered: bool = True) -> None:
        super().__init__(f"{' '.join(argv)}: {found}")
        self.argv = tuple(argv)
        self.found = found
        self.answered = answered

    @property
    def gone(self) -> bool:
        """Whether the tool says that there is nothing of that name (any more)."""
        return self.answered and any(words in self.found for words in GONE)


def search_path() -> str:
    """Where the tools are looked for. Debian has them in sbin, which the path of a plain `su` or of cron lacks."""
    return f"{os.environ.get('PATH') or os.defpath}:/usr/sbin:/sbin"


class Shell:
    """Tools in one namespace, "" for the one we are in.

    `lock` is the handle of a lock that each tool inherits: should this process be killed, the lock is held until the
    tool has ended too, so that whoever cleans up next comes after it.
    """

    def __init__(self, namespace: str = "", lock: int | None = None) -> None:
        self.namespace = namespace
        self._lock = lock

    def tc_batch(self, lines: Sequence[str]) -> None:
        """Carry out `lines` in order, up to the first that fails: `ToolFailed`."""
        if lines:
            self._run(["tc", *self._n(), "-batch", "-"], "\n".join(lines) + "\n")

    def qdiscs(self, interface: str) -> list[Qdisc]:
        """What `interface` has, with counters."""
        return qdiscs(self._run(["tc", *self._n(), "-s", "-j", "qdisc", "show", "dev", interface]))

    def nft(self, script: str) -> None:
        """Carry out an nft script, all of it or nothing."""
        self._run([*self._exec(), "nft", "-f", "-"], script)

    def nft_json(self, *words: str) -> dict[str, Any]:
        """What `nft -j` answers."""
        return dict(json.loads(self._run([*self._exec(), "nft", "-j", *words]) or "{}"))

    def ip(self, *words: str) -> str:
        """What `ip` prints."""
        return self._run(["ip", *self._n(), *words])

    def ss(self, *words: str) -> str:
        """What `ss` prints."""
        return self._run(["ss", *(["-N", self.namespace] if self.namespace else []), *words])

    def _n(self) -> list[str]:
        return ["-n", self.namespace] if self.namespace else []

    def _exec(self) -> list[str]:
        return ["ip", "netns", "exec", self.namespace] if self.namespace else []

    def _run(self, argv: list[str], given: str = "") -> str:
        handles = () if self._lock is None else (self._lock,)
        env = os.environ | {"PATH": search_path()}
        try:
            done = subprocess.run(
                argv, input=given, capture_output=True, text=True, timeout=LIMIT_S, pass_fds=handles, env=env
            )
        except OSError as error:
            raise ToolFailed(argv, str(error.strerror), answered=False) from None
        except subprocess.TimeoutExpired:
            raise ToolFailed(argv, f"no end within {LIMIT_S:g} s", answered=False) from None
        if done.returncode:
            found = _last(done.stderr) or f"exit code {done.returncode}"
            raise ToolFailed(argv, found, answered=not found.startswith(NOT_RUN))
        return done.stdout


def _last(text: str) -> str:
    """The line that says what is wrong; tc ends with `Command failed -:3`, nft with a marker under its line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line or "annot" in line or "RTNETLINK" in line]
    return (telling or lines or [""])[0]
