"""Clouds and agents for tests of the platform."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from harness.waiting import until
from simulator.cloud.platform.presences import presence_named
from tests.simulator.cloud.conftest import AGENTS, CloudProcess, StartCloud, TestAgent


@dataclass(frozen=True)
class Desk:
    """An agent at work, by REST alone."""

    cloud: CloudProcess
    agent: TestAgent
    http: httpx.Client

    @property
    def id(self) -> str:
        """The user id."""
        return self.agent.id

    def go(self, presence: str, **more: Any) -> httpx.Response:
        """Set the presence, in any spelling."""
        body = {"presenceDefinition": {"id": presence_named(presence).id}, **more}
        return self.http.patch(f"/api/v2/users/{self.id}/presences/PURECLOUD", json=body)

    def presence(self) -> str:
        """The presence as `GET /users/{id}/presences/purecloud` spells it."""
        found = self.http.get(f"/api/v2/users/{self.id}/presences/purecloud").json()
        return str(found["presenceDefinition"]["systemPresence"])

    def routing(self) -> str:
        """The routing status."""
        return str(self.http.get(f"/api/v2/users/{self.id}/routingstatus").json()["status"])

    def calls(self) -> list[dict[str, Any]]:
        """The active conversations."""
        return list(self.http.get("/api/v2/conversations").json()["entities"])

    def leg(self, conversation_id: str) -> dict[str, Any]:
        """The own newest participant of a conversation."""
        found = self.http.get(f"/api/v2/conversations/{conversation_id}").json()["participants"]
        return dict([participant for participant in found if participant.get("userId") == self.id][-1])

    def path(self, conversation_id: str) -> str:
        """Where the own newest participant is patched."""
        return f"/api/v2/conversations/calls/{conversation_id}/participants/{self.leg(conversation_id)['id']}"

    def patch(self, conversation_id: str, **body: Any) -> httpx.Response:
        """Patch the own newest participant."""
        return self.http.patch(self.path(conversation_id), json=body)

    def wrap_up(self, conversation_id: str, **body: Any) -> httpx.Response:
        """Send a wrap-up at the communication's own resource."""
        communication = self.leg(conversation_id)["calls"][0]["id"]
        return self.http.post(f"{self.path(conversation_id)}/communications/{communication}/wrapup", json=body)

    def code(self) -> str:
        """The id of some wrap-up code."""
        return str(self.http.get("/api/v2/routing/wrapupcodes").json()["entities"][0]["id"])


def desk(cloud: CloudProcess, number: int = 0) -> Desk:
    """One of the cloud's agents, logged in."""
    return Desk(cloud, AGENTS[number], cloud.agent(AGENTS[number]))


def call_for(ann: Desk) -> str:
    """A call that alerts at `ann`, who is On Queue."""
    ann.go("On Queue")
    placed = str(ann.cloud.control("place_call")["conversationId"])
    until(lambda: ann.leg(placed)["calls"][0]["state"] == "alerting", "the call to alert", 20)
    return placed


def call_taken_by(ann: Desk) -> str:
    """A call that `ann` has answered."""
    placed = call_for(ann)
    assert ann.patch(placed, state="connected").status_code == 202
    return placed


@pytest.fixture
def calm(start_cloud: StartCloud) -> CloudProcess:
    """A cloud in real time: no alert times out while a test looks at it."""
    return start_cloud(time_scale=1.0)
