"""A crowd process and a cloud process, on real sockets."""

from pathlib import Path
from typing import Any

import pytest

from harness.waiting import until
from tests.idle import answers_after_a_rest
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud
from tests.simulator.desktop.conftest import StartCrowd, crowd_settings, run_crowd

pytestmark = pytest.mark.world


def sockets_at(cloud: CloudProcess) -> list[str]:
    """The agents of all sockets that the cloud holds open."""
    return sorted(socket["agent"] for socket in cloud.state()["sockets"])


def taken_call(cloud: CloudProcess, crowd: Any) -> tuple[str, str]:
    """Place a call and wait until somebody has it; the conversation and the agent."""
    conversation = cloud.control("place_call")["conversationId"]

    def who() -> str | None:
        for agent, desktop in crowd.desktops().items():
            if {"id": conversation, "state": "connected"}.items() <= (desktop["conversations"] or [{}])[-1].items():
                return str(agent)
        return None

    agent = until(who, "the call to be answered", within_s=20)
    assert agent is not None
    return conversation, agent


def test_desktops_log_in_and_go_on_queue(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    desktop = crowd.desktop(AGENTS[0].id)
    assert {key: desktop[key] for key in ("banner", "connected", "sockets", "presence", "routing", "on_queue")} == {
        "banner": "connected",
        "connected": True,
        "sockets": 1,
        "presence": "ON_QUEUE",
        "routing": "IDLE",
        "on_queue": True,
    }
    truth = cloud.service().get(f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD").json()
    assert desktop["presence_version"] == truth["modifiedDate"]
    assert sockets_at(cloud) == sorted(agent.id for agent in AGENTS)
    assert crowd.end() == 0
    assert (crowd.evidence().gaps, crowd.evidence().unclosed) == ((), ())


def test_dropped_desktops_come_back_with_one_socket_each(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    cloud.control("close_sockets", code=1001)
    until(lambda: len(crowd.evidence().of("socket.closed")) >= 4, "all sockets closed", within_s=20)
    crowd.on_queue()
    assert sockets_at(cloud) == sorted(agent.id for agent in AGENTS)


def test_a_closing_notice_is_followed_before_the_close(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    cloud.control("closing_notice", seconds=60)
    until(lambda: len(crowd.evidence().of("socket.open")) >= 8, "four new sockets", within_s=20)
    codes = [entry["code"] for entry in crowd.evidence().of("socket.closed")]
    assert codes == [1000] * 4
    crowd.on_queue()
    assert sockets_at(cloud) == sorted(agent.id for agent in AGENTS)


def test_a_call_is_answered_held_and_wrapped_up(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    conversation, agent = taken_call(cloud, crowd)
    assert crowd.wish(agent, "hold").status_code == 200
    assert crowd.wish(agent, "hangup").status_code == 200
    until(lambda: crowd.desktop(agent)["wrapup"], "after-call work", within_s=20)
    assert crowd.wish(agent, "wrapup", notes="all is well", submit=True).status_code == 200
    until(lambda: crowd.desktop(agent)["wrapup"]["sent"], "the wrap-up at the server", within_s=20)
    assert crowd.wish(agent, "wrapup", notes="more").status_code == 409
    written = cloud.evidence().of("cloud.wrapup")
    assert [(entry["conversation"], entry["notes"], entry["by"]) for entry in written] == [
        (conversation, "all is well", agent)
    ]


def test_wrapup_and_its_deadline_outlive_a_crash_of_the_crowd(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    conversation, agent = taken_call(cloud, crowd)
    cloud.control("end_call", conversation_id=conversation)
    until(lambda: crowd.desktop(agent)["wrapup"], "after-call work", within_s=20)
    before = crowd.wish(agent, "wrapup", notes="half a sentence").json()["wrapup"]
    crowd.kill()
    crowd = start_crowd(cloud, evidence=str(crowd.folder / "evidence-2"))
    until(lambda: crowd.desktop(agent)["connected"], "the desktop to be back", within_s=20)
    after = crowd.desktop(agent)["wrapup"]
    kept = ("conversation", "notes", "deadline_wall", "started_wall", "state")
    assert {key: after[key] for key in kept} == {key: before[key] for key in kept}
    crowd.wish(agent, "wrapup", submit=True)
    until(lambda: crowd.desktop(agent)["wrapup"]["sent"], "the wrap-up at the server", within_s=20)
    assert cloud.evidence().of("cloud.wrapup")[-1]["notes"] == "half a sentence"


def test_agents_go_back_on_queue_after_the_restore_window(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    cloud.control("presence_settings", restore_s=2)
    crowd = start_crowd(cloud)
    crowd.on_queue()
    crowd.kill()
    service = cloud.service()

    def offline() -> bool:
        path = f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD"
        return bool(service.get(path).json()["presenceDefinition"]["systemPresence"] == "Offline")

    until(offline, "the restore window to be over", within_s=20)
    crowd = start_crowd(cloud, evidence=str(crowd.folder / "evidence-2"))
    crowd.on_queue()


def test_a_crowd_that_is_told_to_end_in_every_way_at_once_ends_in_order(
    cloud: CloudProcess, start_crowd: StartCrowd
) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    crowd.process.terminate()
    assert crowd.process.stdin is not None
    crowd.process.stdin.close()

    def ended() -> bool:
        crowd.process.terminate()
        return crowd.process.poll() is not None

    until(ended, "the crowd to end", within_s=20)
    assert crowd.process.returncode == 0
    assert crowd.evidence().unclosed == ()


def test_an_agent_logs_out_and_in_again(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    agent = AGENTS[0].id
    assert crowd.wish(agent, "logout").json()["banner"] == "logged_out"
    until(lambda: agent not in sockets_at(cloud), "the socket to be closed", within_s=20)
    assert crowd.wish(agent, "presence", system="Break").status_code == 409
    assert crowd.wish(agent, "login").status_code == 200
    crowd.on_queue()


def test_a_revoked_token_is_replaced_and_a_revoked_session_is_over(
    cloud: CloudProcess, start_crowd: StartCrowd
) -> None:
    crowd = start_crowd(cloud)
    crowd.on_queue()
    cloud.control("revoke_tokens", agents=[AGENTS[0].id])
    until(lambda: len(crowd.evidence().of("token.refreshed")) >= 5, "a new token", within_s=20)
    crowd.on_queue()
    cloud.control("revoke_tokens", agents=[AGENTS[1].id], refresh_too=True)
    until(lambda: crowd.desktop(AGENTS[1].id)["banner"] == "logged_out", "the desktop to give up", within_s=20)


def test_the_status_endpoint_says_what_is_wrong(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    crowd = start_crowd(cloud)
    agent = AGENTS[0].id
    found = [
        crowd.wish("nobody", "logout"),
        crowd.wish(agent, "dance"),
        crowd.wish(agent, "presence"),
        crowd.wish(agent, "presence", system="Asleep"),
        crowd.wish(agent, "hold"),
    ]
    assert [answer.status_code for answer in found] == [404, 404, 400, 409, 409]
    assert found[3].json()["error"].startswith("presence: expected one of")
    assert found[4].json() == {"error": "there is no connected call"}


def test_desktops_speak_tls_and_survive_a_forbidden_topic(start_cloud: StartCloud, start_crowd: StartCrowd) -> None:
    cloud = start_cloud(tls=True)
    crowd = start_crowd(cloud, forbidden_topic=True)
    crowd.on_queue()
    rejected = [entry["rejected"] for entry in cloud.evidence().of("cloud.subscribed")]
    assert rejected == [[f"v2.routing.queues.{cloud.settings['queue']['id']}.users"]] * 4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"defect": "zombi"}, "defect: expected one of ['accepts_while_unstable'"),
        ({"colour": 1}, "crowd settings: expected keys of"),
        ({"agents": []}, "agents: expected a list of at least one agent, found []"),
        ({"time_scale": 2}, "time_scale: expected a number above 0 and at most 1, found 2"),
        ({"stagger_s": "soon"}, "stagger_s: expected seconds, 0 or more, found 'soon'"),
        ({"api": None}, "api: expected a text, found None"),
    ],
)
def test_bad_settings_are_one_line_and_exit_code_2(
    cloud: CloudProcess, tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    ended = run_crowd(tmp_path / "crowd.json", crowd_settings(tmp_path, cloud, **changes))
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert said in ended.stderr


def test_a_settings_file_that_is_no_json_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    ended = run_crowd(tmp_path / "crowd.json", "{")
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1)
    assert "expected JSON" in ended.stderr


def test_who_asks_it_again_after_a_rest_meets_no_reset(cloud: CloudProcess, start_crowd: StartCrowd) -> None:
    assert answers_after_a_rest(f"{start_crowd(cloud).url}/desktops")
