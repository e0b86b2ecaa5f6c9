"""What can happen to a desktop. `handle` of the session takes one of these and the time."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LogIn:
    """The agent, or the crowd, starts the desktop."""


@dataclass(frozen=True)
class LogOut:
    """The agent logs out."""


@dataclass(frozen=True)
class Replied:
    """The end of a request. `status` 0: no answer (cut, timed out); `body`: JSON, None if empty or not JSON."""

    request: int
    status: int
    body: Any = None
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status <= 299


@dataclass(frozen=True)
class SocketOpened:
    """A socket that the session asked for is open."""

    socket: int


@dataclass(frozen=True)
class SocketClosed:
    """A socket is gone, opened before or not; nothing of it is left. `status`: of a refused handshake, else 0."""

    socket: int
    code: int = 1006
    reason: str = ""
    status: int = 0
    retry_after_s: float | None = None


@dataclass(frozen=True)
class Heard:
    """A message came in on a socket; `message` is its JSON, None if it was none."""

    socket: int
    message: Any


@dataclass(frozen=True)
class ChoosePresence:
    """The agent picks a presence by system name, in any spelling."""

    system: str
    message: str | None = None


@dataclass(frozen=True)
class WriteWrapup:
    """The agent writes notes or picks a code for the call just ended; `submit` ends the after-call work."""

    notes: str | None = None
    code: str | None = None
    submit: bool = False


@dataclass(frozen=True)
class HoldCall:
    """The agent puts the call in hand on hold, or takes it back."""

    held: bool = True


@dataclass(frozen=True)
class WatchTopics:
    """The agent opens a view that wants more topics."""

    topics: tuple[str, ...]


@dataclass(frozen=True)
class EndCall:
    """The agent hangs up."""


@dataclass(frozen=True)
class VoiceMeasured:
    """What of the other end's voice arrived since the last such event; `expected` by the sender's own numbers."""

    conversation: str
    expected: int
    received: int
    jitter_ms: float = 0.0


Event = (
    LogIn
    | LogOut
    | Replied
    | SocketOpened
    | SocketClosed
    | Heard
    | ChoosePresence
    | WriteWrapup
    | HoldCall
    | WatchTopics
    | EndCall
    | VoiceMeasured
)
