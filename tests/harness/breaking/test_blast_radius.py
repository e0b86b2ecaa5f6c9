"""Who is refused a fault, and why: against a real cloud in the role of somebody's org."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.breaking.blast_radius import check
from harness.errors import Refused
from harness.world import World
from tests.answering import Told, answering
from tests.harness.cloud_world import agent_number, world_of
from tests.simulator.cloud.conftest import AGENTS, QUEUE_ID, CloudProcess

pytestmark = pytest.mark.world
A = AGENTS[0].id
ON_QUEUE = "e08eaf1b-ee47-4fa9-a231-1200e284798f"


@pytest.fixture
def world(cloud: CloudProcess, tmp_path: Path) -> World:
    """All agents of the cloud are test agents, in the chaos queue alone."""
    return world_of(cloud, tmp_path)


def test_test_agents_in_the_chaos_queue_alone_may_be_targeted(world: World) -> None:
    check(world)
    check(world, [AGENTS[0].id])


def test_a_call_through_the_chaos_queue_is_inside_the_test(cloud: CloudProcess, world: World) -> None:
    body = {"presenceDefinition": {"id": ON_QUEUE}}
    cloud.service().patch(f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD", json=body)
    cloud.control("place_call")
    check(world)


def test_an_agent_who_is_not_listed_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="agent mallory: expected a test agent of the world file, found one that is not"):
        check(world, ["mallory"])


def test_a_stranger_in_the_chaos_queue_is_refused(world: World) -> None:
    smaller = replace(world, agents=(agent_number(0), agent_number(1)))
    with pytest.raises(Refused, match=f"agent {AGENTS[2].id}: expected test agents alone in the chaos queue"):
        check(smaller)


def test_what_cannot_be_read_is_refused(cloud: CloudProcess, world: World) -> None:
    with pytest.raises(Refused, match=r"the blast radius could not be checked: .* found 40"):
        check(replace(world, client_secret="wrong"))
    cloud.end()
    with pytest.raises(Refused, match=r"the blast radius could not be checked: login at http.* did not answer"):
        check(world)


class Org:
    """An org as its API shows it, to be made worse: agent A takes part, others are strangers."""

    def __init__(self) -> None:
        self.queues = [{"id": QUEUE_ID, "name": "Chaos"}]
        self.summary: dict[str, Any] = {"call": {"contactCenter": {"active": 1, "acw": 0}, "enterprise": {"active": 0}}}
        self.conversation: dict[str, Any] = {"conversationId": "c1", "participants": []}

    def answer(self, path: str) -> Told:
        """What is said to a request for `path`."""
        plain = path.partition("?")[0]
        if plain == "/oauth/token":
            return Told({"access_token": "a-token-for-tests", "expires_in": 86_399})
        if plain.endswith("/members"):
            return Told({"entities": [], "pageCount": 0})
        if plain.endswith("/queues"):
            return Told({"entities": self.queues, "pageCount": 1})
        if plain.endswith("/details/query"):
            return Told({"conversations": [self.conversation] if self.conversation["participants"] else []})
        return Told({"id": A, "conversationSummary": self.summary})

    def talks(self, *participants: tuple[str | None, str | None]) -> None:
        """A conversation goes on between these: user (None for somebody outside) and queue."""
        self.conversation["participants"] = [
            {
                "purpose": "agent" if user else "customer",
                **({"userId": user} if user else {}),
                "sessions": [{"segments": [{"segmentType": "interact", **({"queueId": queue} if queue else {})}]}],
            }
            for user, queue in participants
        ]


@pytest.fixture
def org() -> Org:
    """An org in which agent A may be targeted."""
    return Org()


@pytest.fixture
def elsewhere(org: Org, cloud: CloudProcess, tmp_path: Path) -> Iterator[World]:
    """The world file for that org."""
    with answering(org.answer) as url:
        yield world_of(cloud, tmp_path, api=url, login=url)


def test_the_org_as_it_is_may_be_targeted(org: Org, elsewhere: World) -> None:
    check(elsewhere, [A])


def test_a_member_of_another_queue_is_refused(org: Org, elsewhere: World) -> None:
    org.queues.append({"id": "billing", "name": "Billing"})
    with pytest.raises(Refused, match=f"agent {A}: expected a member of the chaos queue alone, found a member of Bill"):
        check(elsewhere, [A])


def test_a_direct_call_is_refused(org: Org, elsewhere: World) -> None:
    org.summary["call"]["enterprise"]["active"] = 1
    with pytest.raises(Refused, match=f"agent {A}: expected no conversation outside the test, found a direct call"):
        check(elsewhere, [A])


@pytest.mark.parametrize(
    ("participants", "why"),
    [
        ([(None, None), (A, None)], "c1, which came through no queue"),
        ([(None, "billing"), (A, "billing")], "c1 from queue billing"),
        ([(None, QUEUE_ID), (A, QUEUE_ID), (None, "billing")], "c1 from queue"),
        ([(None, QUEUE_ID), (A, QUEUE_ID), ("mallory", None)], "c1 with agent mallory"),
    ],
)
def test_a_conversation_with_somebody_outside_is_refused(
    org: Org, elsewhere: World, participants: list[tuple[str | None, str | None]], why: str
) -> None:
    org.talks(*participants)
    with pytest.raises(Refused, match=f"agent {A}: expected no conversation with anyone outside the test, found {why}"):
        check(elsewhere, [A])


@pytest.mark.parametrize(
    "participants", [[(None, QUEUE_ID), (A, QUEUE_ID)], [(A, None), (AGENTS[1].id, None)], [(None, QUEUE_ID)]]
)
def test_a_conversation_inside_the_test_is_not(
    org: Org, elsewhere: World, participants: list[tuple[str | None, str | None]]
) -> None:
    org.talks(*participants)
    check(elsewhere, [A])
