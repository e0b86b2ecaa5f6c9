"""The cloud's media relay, spoken to over real UDP by a desktop made by hand."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from harness.waiting import until
from simulator.media.rtp import SAMPLES, Packet, parsed
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud, cloud_settings

pytestmark = pytest.mark.world

ROOT = Path(__file__).parents[3]
STATISTICS = "/api/v2/telephony/providers/edges/mediastatistics/conversations"


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudProcess]:
    """A cloud with media."""
    folder = tmp_path_factory.mktemp("cloud")
    with ExitStack() as handles:
        yield CloudProcess(folder, cloud_settings(folder, media=True), handles)


class Talk:
    """One agent in a call with a customer. `path` is where the call is as the agent's, `agent` the agent's client."""

    def __init__(self, cloud: CloudProcess, number: int) -> None:
        who = AGENTS[number]
        self.cloud, self.agent = cloud, cloud.agent(who)
        on_queue = {"presenceDefinition": {"id": "e08eaf1b-ee47-4fa9-a231-1200e284798f"}}
        busy = {"presenceDefinition": {"id": "31fe3bac-dea6-44b7-bed7-47f91660a1a0"}}
        for other in AGENTS:
            body = on_queue if other is who else busy
            assert cloud.service().patch(f"/api/v2/users/{other.id}/presences/PURECLOUD", json=body).is_success
        self.conversation = str(cloud.control("place_call")["conversationId"])
        self.path = f"/api/v2/conversations/calls/{self.conversation}/participants/{self.leg()['id']}"
        assert self.agent.patch(self.path, json={"state": "connected"}).status_code == 202

    def leg(self) -> dict[str, Any]:
        """The agent's participant."""
        found = self.agent.get(f"/api/v2/conversations/{self.conversation}").json()
        return dict(found["participants"][-1])

    def media(self) -> dict[str, Any] | None:
        """What the call says of its voice."""
        media = self.leg()["calls"][0].get("media")
        return dict(media) if media else None

    def fall_back(self) -> httpx.Response:
        """Ask for a number."""
        return self.agent.post(f"{self.path}/fallback", json={"reason": "silence"})

    def hang_up(self) -> None:
        """End the call, after-call work included."""
        self.agent.patch(self.path, json={"state": "disconnected"})
        self.agent.patch(self.path, json={"wrapupSkipped": True})

    def evidence(self, kind: str) -> list[dict[str, Any]]:
        """What the cloud wrote about this call."""
        return [dict(e.fields) for e in self.cloud.evidence().of(kind) if e["conversation"] == self.conversation]


@pytest.fixture
def talk(talking: CloudProcess) -> Iterator[Talk]:
    """A call in progress."""
    made = Talk(talking, 0)
    yield made
    made.hang_up()


def voice() -> socket.socket:
    """The port of a desktop."""
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(5)
    return made


def say(port: socket.socket, media: dict[str, Any], numbers: range) -> None:
    """Send these packets to the relay."""
    to = media["candidates"][0]
    for number in numbers:
        port.sendto(Packet(number, number * SAMPLES, media["ssrc"]).packed(), (to["host"], to["port"]))


def test_a_connected_call_says_where_its_voice_goes(talk: Talk) -> None:
    media = talk.media()
    assert media is not None
    (candidate,) = media.pop("candidates")
    assert (candidate["host"], candidate["port"] > 1023) == ("127.0.0.1", True)
    assert media.pop("ssrc") != media.pop("remoteSsrc")
    assert media == {"protocol": "RTP/AVP", "payloadType": 0, "packetMs": 20}
    talk.agent.patch(talk.path, json={"state": "disconnected"})
    assert talk.media() is None


def test_the_relay_speaks_to_whoever_was_heard_last_and_to_nobody_before(talk: Talk) -> None:
    media = talk.media()
    assert media is not None
    with voice() as first, voice() as second:
        for number, port in enumerate((first, second)):
            say(port, media, range(number, number + 1))
            packet = parsed(port.recv(2048))
            assert packet is not None
            assert (packet.ssrc, packet.payload_type, len(packet.payload)) == (media["remoteSsrc"], 0, SAMPLES)


def test_loss_is_measured_read_and_written_down(talk: Talk) -> None:
    media = talk.media()
    assert media is not None
    with voice() as port:
        say(port, media, range(0, 60))
        say(port, media, range(80, 100))

        def rtp() -> dict[str, Any]:
            listing = talk.agent.get(f"{STATISTICS}/{talk.conversation}").json()
            assert listing["entities"][0]["communicationId"] == talk.leg()["calls"][0]["id"]
            return dict(listing["entities"][0]["mediaStatistics"][0]["rtp"])

        until(lambda: rtp()["packetsReceived"] == 80, "all packets counted", within_s=20)
        assert (rtp()["packetsExpected"], rtp()["packetLossPercent"] >= 20.0) == (100, True)
        assert rtp()["packetsSent"] > 0
        until(lambda: talk.evidence("cloud.media"), "a line of evidence", within_s=20)
    (line, *_) = talk.evidence("cloud.media")
    assert (line["received"], line["expected"] >= 100, line["loss_percent"] >= 20.0) == (80, True, True)
    details = talk.agent.get(f"/api/v2/analytics/conversations/{talk.conversation}/details").json()
    stats = details["participants"][-1]["sessions"][0]["mediaEndpointStats"]
    assert [(one["codecs"], one["receivedPackets"]) for one in stats] == [(["audio/PCMU"], 80)]


def test_a_voice_path_of_which_nothing_is_heard_is_lost_whole(talk: Talk) -> None:
    until(lambda: talk.evidence("cloud.media"), "a line of evidence", within_s=20)
    (line, *_) = talk.evidence("cloud.media")
    assert (line["received"], line["expected"], line["loss_percent"]) == (0, 0, 100.0)


def test_a_fallback_gives_one_number_and_ends_the_voice_path(talk: Talk) -> None:
    before = talk.agent.get(f"/api/v2/conversations/{talk.conversation}").json()["version"]
    number = talk.fall_back().json()["phoneNumber"]
    assert number.startswith("tel:+1800555")
    assert talk.fall_back().json() == {"phoneNumber": number}
    assert talk.media() == {"fallbackNumber": number}
    assert talk.agent.get(f"/api/v2/conversations/{talk.conversation}").json()["version"] == before + 1
    assert talk.leg()["calls"][0]["state"] == "connected"
    assert talk.evidence("cloud.fallback") == [
        {"conversation": talk.conversation, "number": number, "reason": "silence"}
    ]


def test_only_the_agent_in_the_call_can_fall_back(talk: Talk) -> None:
    answer = talk.cloud.agent(AGENTS[1]).post(f"{talk.path}/fallback")
    assert (answer.status_code, talk.evidence("cloud.fallback")) == (403, [])


def test_a_call_that_is_over_has_nothing_to_fall_back(talk: Talk) -> None:
    talk.agent.patch(talk.path, json={"state": "disconnected"})
    assert talk.fall_back().status_code == 409


def test_a_relay_can_be_reached_at_several_addresses(start_cloud: StartCloud) -> None:
    hosts = ["127.0.0.1", "127.0.0.2"]
    media = Talk(start_cloud(media=True, media_hosts=hosts), 0).media()
    assert media is not None
    assert [candidate["host"] for candidate in media["candidates"]] == hosts
    with voice() as port:
        say(port, {**media, "candidates": media["candidates"][1:]}, range(1))
        packet, sender = port.recvfrom(2048)
    assert (len(packet), sender[0]) == (172, "127.0.0.2")


def test_without_media_a_call_has_no_voice_path(start_cloud: StartCloud) -> None:
    talk = Talk(start_cloud(), 0)
    assert (talk.media(), talk.fall_back().status_code) == (None, 409)
    assert talk.agent.get(f"{STATISTICS}/{talk.conversation}").json() == {"entities": []}


def test_an_address_of_another_machine_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(cloud_settings(tmp_path, media=True, media_hosts=["192.0.2.1"])))
    argv = [sys.executable, "-m", "simulator.cloud", "--settings", str(path)]
    ended = subprocess.run(argv, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("media_hosts: expected addresses of this machine, found '192.0.2.1: ")
    assert ended.stderr.count("\n") == 1
