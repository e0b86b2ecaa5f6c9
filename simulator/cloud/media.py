"""The media relay: the voice of connected calls, as RTP over UDP, and what of it arrived.

It speaks to whoever sends with the SSRC of a session, at the address that the last packet came from, as relays behind
NAT do; before the first packet it knows nobody. About every 5 s, and at the end of a voice path, it writes what of the
desktop's voice arrived since the last line: `cloud.media{agent, conversation, loss_percent, jitter_ms, received,
expected}`, `jitter_ms` in real-world time.
"""

import contextlib
import random
import socket
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import BadInput
from simulator.cloud.platform.model import CallState, Conversation, Media, Participant
from simulator.media.pace import Pace
from simulator.media.reception import Reception, Report
from simulator.media.rtp import CLOCK_HZ, PACKET_S, Stream, parsed
from simulator.media.udp import Address, UdpPort

if TYPE_CHECKING:
    import asyncio

    from simulator.cloud.cloud import Cloud

REPORT_SECONDS = 5.0


@dataclass
class Session:
    """The voice path of one agent's leg: what it hears, what it sends and to whom. `began_ms` as the API has it."""

    conversation_id: str
    user_id: str
    communication_id: str
    began_ms: int
    reception: Reception
    stream: Stream
    pace: Pace
    told: Report = field(default_factory=Report)
    told_at: float = 0.0
    peer: tuple[UdpPort, Address] | None = None
    live: bool = True


class Relay:
    """All voice paths of a cloud. Lives in the cloud's event loop."""

    def __init__(self, cloud: "Cloud") -> None:
        self._cloud = cloud
        self._random = random.Random(f"media {cloud.settings.seed}")
        self._ports: list[UdpPort] = []
        self._by_leg: dict[str, Session] = {}
        self._by_ssrc: dict[int, Session] = {}
        self._timer: asyncio.TimerHandle | None = None
        for host in cloud.settings.media_hosts:
            self._open(host)

    def follow(self, call: Conversation) -> None:
        """Open a voice path for each agent who is connected and has none, close those that are not needed any more."""
        for leg in call.agents:
            session = self._by_leg.get(leg.id)
            if session is None and leg.state is CallState.CONNECTED:
                self._begin(call, leg)
            elif session is not None and session.live and not _needed(leg):
                self._end(session)

    def sessions(self, conversation_id: str) -> list[Session]:
        """The voice paths that a conversation has or had, oldest first."""
        return [session for session in self._by_leg.values() if session.conversation_id == conversation_id]

    def report(self, session: Session) -> Report:
        """All that was heard of a voice path, until it ended or until now."""
        return session.reception.report(self._cloud.now()) if session.live else session.told

    def new_number(self) -> str:
        """A number that an agent can dial to be put through."""
        return f"tel:+1800555{self._random.randrange(10_000):04d}"

    def close(self) -> None:
        """End every voice path."""
        for session in list(self._by_ssrc.values()):
            self._end(session)
        for port in self._ports:
            port.close()

    def _open(self, host: str) -> None:
        port = UdpPort(host, lambda datagram, sender: self._heard(port, datagram, sender))
        self._ports.append(port)

    def _begin(self, call: Conversation, leg: Participant) -> None:
        ours, theirs = self._new_ssrc(), self._new_ssrc()
        now = self._cloud.now()
        self._by_leg[leg.id] = self._by_ssrc[theirs] = Session(
            call.id,
            str(leg.user_id),
            leg.communication_id,
            leg.connected_ms or leg.start_ms,
            Reception(CLOCK_HZ / self._cloud.settings.time_scale),
            Stream(ours, self._random.getrandbits(16), self._random.getrandbits(32)),
            Pace(self._cloud.scaled(PACKET_S), now),
            told_at=now,
        )
        leg.media = Media(theirs, ours, tuple(port.address for port in self._ports))
        self._arm()

    def _end(self, session: Session) -> None:
        session.live = False
        self._by_ssrc = {ssrc: other for ssrc, other in self._by_ssrc.items() if other is not session}
        if self._cloud.now() - session.told_at >= self._cloud.scaled(1.0):
            self._tell(session)
        session.told = session.reception.report(self._cloud.now())

    def _new_ssrc(self) -> int:
        return self._random.getrandbits(32)

    def _heard(self, port: UdpPort, datagram: bytes, sender: Address) -> None:
        packet = parsed(datagram)
        session = self._by_ssrc.get(packet.ssrc) if packet is not None else None
        if packet is not None and session is not None:
            session.peer = (port, sender)
            session.reception.arrived(packet, self._cloud.now())

    def _arm(self) -> None:
        if self._timer is None and self._by_ssrc:
            self._timer = self._cloud.later(PACKET_S, self._beat)

    def _beat(self) -> None:
        self._timer = None
        now = self._cloud.now()
        for session in self._by_ssrc.values():
            self._speak(session, now)
            if now - session.told_at >= self._cloud.scaled(REPORT_SECONDS):
                self._tell(session)
        self._arm()

    def _speak(self, session: Session, now: float) -> None:
        packets, left_out = session.pace.due(now)
        if session.peer is None:
            packets, left_out = 0, left_out + packets
        if left_out:
            session.stream.skip(left_out)
        for _ in range(packets):
            port, to = session.peer  # type: ignore[misc]
            port.send(session.stream.next(), to)

    def _tell(self, session: Session) -> None:
        now = self._cloud.now()
        whole = session.reception.report(now)
        lately = whole.since(session.told)
        session.told, session.told_at = whole, now
        self._cloud.evidence.write(
            "cloud.media",
            agent=session.user_id,
            conversation=session.conversation_id,
            loss_percent=lately.loss_percent,
            jitter_ms=lately.jitter_ms,
            received=lately.received,
            expected=lately.wanted,
        )


def _needed(leg: Participant) -> bool:
    return leg.state is CallState.CONNECTED and (leg.media is None or leg.media.fallback_number is None)


def check_hosts(hosts: Iterable[str]) -> None:
    """Raise `BadInput` for an address that is none of this machine's."""
    for host in hosts:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
            try:
                trial.bind((host, 0))
            except OSError as error:
                raise BadInput("media_hosts", "addresses of this machine", f"{host}: {error.strerror}") from None


@contextlib.contextmanager
def running(cloud: "Cloud") -> Iterator[None]:
    """`cloud` has a relay while this lasts."""
    relay = cloud.media = Relay(cloud)
    try:
        yield
    finally:
        relay.close()
