"""What a session wants done. The shell does it, in this order, and reports back with events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Send:
    """One HTTP request; answered by exactly one `Replied`, unless it is cancelled.

    `login` sends it to the login host; `form` is form-encoded, `body` is JSON. A write carries `write_id`, and
    `basis` is the server's version that it builds on.
    """

    request: int
    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None
    token: str | None = None
    login: bool = False
    write_id: str | None = None
    basis: str | None = None
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Cancel:
    """Forget a request; no `Replied` follows."""

    request: int


@dataclass(frozen=True)
class OpenSocket:
    """Open a socket; answered by `SocketOpened` or `SocketClosed`."""

    socket: int
    uri: str


@dataclass(frozen=True)
class Say:
    """Send a message on an open socket."""

    socket: int
    message: Mapping[str, Any]


@dataclass(frozen=True)
class CloseSocket:
    """Close politely and wait for the peer, for as long as it takes; `SocketClosed` follows."""

    socket: int


@dataclass(frozen=True)
class AbortSocket:
    """Cut the transport without waiting for anybody, also while opening; `SocketClosed` follows at once."""

    socket: int


@dataclass(frozen=True)
class Keep:
    """Store `value` (JSON) under `name` for this agent; None forgets it."""

    name: str
    value: Any


@dataclass(frozen=True)
class Record:
    """One line of evidence: what this desktop believes or does."""

    kind: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class OpenVoice:
    """Speak and listen to the relay at the first of `candidates` that answers; `VoiceMeasured` follows every second."""

    conversation: str
    ssrc: int
    remote_ssrc: int
    candidates: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class CloseVoice:
    """Hang up the voice path of a conversation."""

    conversation: str


Effect = Send | Cancel | OpenSocket | Say | CloseSocket | AbortSocket | Keep | Record | OpenVoice | CloseVoice
