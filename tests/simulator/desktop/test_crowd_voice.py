"""The voice of calls between a crowd process and a cloud process, over real UDP."""

from collections.abc import Callable

import pytest

from harness.evidence import Evidence
from harness.waiting import until
from tests.simulator.cloud.conftest import StartCloud
from tests.simulator.desktop.conftest import CrowdProcess, StartCrowd
from tests.simulator.desktop.test_crowd import taken_call

pytestmark = pytest.mark.world


def lines(evidence: Callable[[], Evidence], kind: str, at_least: int = 1) -> list[dict[str, object]]:
    """The fields of so many lines of evidence, once they are there."""

    def found() -> list[dict[str, object]]:
        return [dict(entry.fields) for entry in evidence().of(kind)]

    until(lambda: len(found()) >= at_least, f"{at_least} lines of {kind}", within_s=20)
    return found()


def voice(crowd: CrowdProcess, agent: str) -> dict[str, object]:
    """What the agent is shown of the voice."""
    return dict(crowd.desktop(agent)["voice"] or {})


def test_voice_is_heard_and_measured_at_both_ends(start_cloud: StartCloud, start_crowd: StartCrowd) -> None:
    cloud = start_cloud(media=True, time_scale=0.1)
    crowd = start_crowd(cloud)
    crowd.on_queue()
    conversation, agent = taken_call(cloud, crowd)
    until(lambda: voice(crowd, agent).get("state") == "good", "a good voice", within_s=20)
    for found in (lines(cloud.evidence, "cloud.media", 2)[-1], lines(crowd.evidence, "media.heard", 2)[-1]):
        assert found["conversation"] == conversation
        assert isinstance(found["received"], int) and found["received"] > 100
        # Nothing is lost on the way, but a busy machine may be late with the newest packets.
        assert isinstance(found["loss_percent"], float) and found["loss_percent"] < 10.0
    read = cloud.service().get(f"/api/v2/telephony/providers/edges/mediastatistics/conversations/{conversation}").json()
    assert read["entities"][0]["mediaStatistics"][0]["rtp"]["packetsReceived"] > 100


def test_a_voice_that_the_server_moves_to_a_phone_is_shown_with_its_number(
    start_cloud: StartCloud, start_crowd: StartCrowd
) -> None:
    cloud = start_cloud(media=True, time_scale=0.1)
    crowd = start_crowd(cloud)
    crowd.on_queue()
    conversation, agent = taken_call(cloud, crowd)
    part = cloud.service().get(f"/api/v2/conversations/{conversation}").json()["participants"][-1]["id"]
    path = f"/api/v2/conversations/calls/{conversation}/participants/{part}/fallback"
    number = cloud.service().post(path).json()["phoneNumber"]
    until(lambda: voice(crowd, agent).get("state") == "fallback", "the voice on a phone", within_s=20)
    assert voice(crowd, agent) == {"conversation": conversation, "state": "fallback", "number": number}
    (given,), (shown,) = lines(cloud.evidence, "cloud.fallback"), lines(crowd.evidence, "media.fallback")
    assert (given["number"], shown) == (number, {"conversation": conversation, "number": number})
    assert len(crowd.evidence().of("socket.open")) == len(crowd.desktops())
