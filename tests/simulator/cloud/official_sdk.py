"""The official Python SDK, unmodified, in a process of its own: plays one session and prints what it got as JSON.

Started by test_official_sdk.py with an empty HOME (the SDK reads a configuration file there).
"""

import json
import sys
from collections.abc import Callable
from typing import Any

import httpx
import PureCloudPlatformClientV2 as sdk

from harness.waiting import until
from simulator.cloud.tokens import challenge_of

ON_QUEUE = "e08eaf1b-ee47-4fa9-a231-1200e284798f"
REDIRECT = "http://127.0.0.1:9/back"
VERIFIER = "a-code-verifier-that-is-long-enough-for-everyone"


class Session:
    """One agent and one service, logged in with the SDK."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given
        sdk.configuration.host = given["api"]
        self.user: str = given["user_id"]
        client = given["client_id"], given["client_secret"]
        self.service = sdk.api_client.ApiClient().get_client_credentials_token(*client)
        code = self.control("issue_code", user_id=self.user, client_id=client[0], redirect_uri=REDIRECT)["code"]
        self.agent, self.refresh_token = self._agent(client, code)

    def _agent(self, client: tuple[str, str], code: str) -> tuple[Any, str]:
        api = sdk.api_client.ApiClient()
        api.get_code_authorization_token(*client, code, REDIRECT)
        return api, api.refresh_token

    def control(self, verb: str, **body: Any) -> dict[str, Any]:
        """Act on the world, beside the SDK."""
        headers = {"authorization": f"Bearer {self.given['control_token']}"}
        url = f"{self.given['api']}/_control/{verb}"
        answer = httpx.post(url, json=body, headers=headers, trust_env=False)
        return dict(answer.raise_for_status().json())


def tokens(session: Session) -> dict[str, Any]:
    """Whom the two tokens belong to."""
    me = sdk.UsersApi(session.agent).get_users_me(expand=["presence", "routingStatus"])
    return {
        "service": sdk.TokensApi(session.service).get_tokens_me().o_auth_client.id,
        "me": [me.id, me.name, me.routing_status.status],
        "scopes": sdk.OAuthApi(session.service).get_oauth_scopes().total,
    }


def pkce(session: Session) -> str:
    """Who logged in with a code challenge."""
    challenge = challenge_of(VERIFIER)
    code = session.control("issue_code", user_id=session.user, code_challenge=challenge, redirect_uri=REDIRECT)["code"]
    api = sdk.api_client.ApiClient()
    api.get_pkce_token(session.given["desktop_client_id"], VERIFIER, code, REDIRECT)
    return str(sdk.UsersApi(api).get_users_me().id)


def channel(session: Session) -> dict[str, Any]:
    """A channel, its subscriptions, and whether it is there."""
    api = sdk.NotificationsApi(session.agent)
    made = api.post_notifications_channels()
    combined = f"v2.users.{session.user}?presence&routingStatus"
    put = api.put_notifications_channel_subscriptions(made.id, [{"id": combined}])
    more = sdk.ChannelTopic()
    more.id = f"v2.users.{session.user}.conversations"
    api.post_notifications_channel_subscriptions(made.id, [more])
    api.head_notifications_channel(made.id)
    listed = api.get_notifications_channel_subscriptions(made.id).entities
    return {
        "uri": made.connect_uri.endswith(made.id),
        "put": [topic.state for topic in put.entities],
        "topics": [topic.id for topic in listed],
        "channels": [found.id for found in api.get_notifications_channels().entities] == [made.id],
        "available": len(api.get_notifications_availabletopics(expand=["description"]).entities) > 10,
    }


def presence(session: Session) -> dict[str, Any]:
    """The presence before and after going on queue."""
    api = sdk.PresenceApi(session.agent)
    before = api.get_user_presence(session.user, "PURECLOUD")
    changed = api.patch_user_presence(session.user, "PURECLOUD", {"presenceDefinition": {"id": ON_QUEUE}})
    after = api.get_user_presences_purecloud(session.user)
    return {
        "source": before.source,
        "changed": changed.presence_definition.id,
        "after": [after.presence_definition.id, after.presence_definition.system_presence],
        "dated": after.modified_date is not None,
    }


def queue(session: Session) -> dict[str, Any]:
    """Joining the queue, and the routing status that follows."""
    queue_id = session.given["queue_id"]
    body = sdk.UserQueue()
    body.joined = True
    sdk.RoutingApi(session.agent).patch_user_queue(queue_id, session.user, body)
    users, routing = sdk.UsersApi(session.agent), sdk.RoutingApi(session.service)
    status = until(lambda: users.get_user_routingstatus(session.user).status == "IDLE", "the agent to be idle", 20)
    members = routing.get_routing_queue_members(
        queue_id, page_size=100, expand=["presence", "routingStatus"], joined=True
    )
    mine = next(member for member in members.entities if member.id == session.user)
    return {
        "idle": status,
        "joined": mine.joined,
        "member": [mine.user.id, mine.routing_status.status],
        "put": users.put_user_routingstatus(session.user, {"status": "IDLE"}).status,
    }


def conversation(session: Session) -> dict[str, Any]:
    """A call: offered, answered, ended, wrapped up."""
    api = sdk.ConversationsApi(session.agent)
    placed = session.control("place_call")["conversationId"]

    def mine(state: str) -> Any:
        found = api.get_conversation(placed)
        legs = [p for p in found.participants if p.user_id == session.user and p.calls[0].state == state]
        return legs[-1] if legs else None

    leg = until(lambda: mine("alerting"), "the call to alert", 20)
    listed = [found.id for found in api.get_conversations().entities]
    api.patch_conversations_call_participant(placed, leg.id, {"state": "connected"})
    until(lambda: mine("connected"), "the call to be connected", 20)
    api.patch_conversations_call_participant_attributes(placed, leg.id, {"attributes": {"k": "v"}})
    api.patch_conversations_call_participant(placed, leg.id, {"state": "disconnected"})
    code = sdk.RoutingApi(session.service).get_routing_queue_wrapupcodes(session.given["queue_id"]).entities[0]
    wrapup = {"code": code.id, "notes": "noted"}
    api.post_conversations_call_participant_communication_wrapup(placed, leg.id, leg.calls[0].id, body=wrapup)
    whole: Any = until(
        lambda: next((p for p in api.get_conversation(placed).participants if p.id == leg.id and p.wrapup), None),
        "the wrap-up to be there",
        5,
    )
    return {
        "listed": listed == [placed],
        "purposes": sorted({p.purpose for p in api.get_conversation(placed).participants}),
        "wrapup": [whole.wrapup.code == code.id, whole.wrapup.notes],
        "attributes": whole.attributes.get("k"),
    }


def paging(session: Session) -> dict[str, Any]:
    """Two pages of users."""
    api = sdk.UsersApi(session.service)
    pages = [api.get_users(page_size=3, page_number=number) for number in (1, 2)]
    return {
        "sizes": [len(page.entities) for page in pages],
        "total": pages[0].total,
        "counts": [page.page_count for page in pages],
        "distinct": len({user.id for page in pages for user in page.entities}),
    }


def refusal(session: Session) -> dict[str, Any]:
    """What the SDK makes of an error body."""
    try:
        sdk.ConversationsApi(session.agent).get_conversation("99999999-0000-4000-8000-000000000009")
    except sdk.rest.ApiException as error:
        body = json.loads(error.body)
        return {"status": error.status, "context": bool(body["contextId"]), "same": body["status"] == error.status}
    return {}


def refresh(session: Session) -> dict[str, Any]:
    """A call with a revoked token: the SDK refreshes and repeats it."""
    before = session.agent.access_token
    session.control("revoke_tokens", agents=[session.user])
    me = sdk.UsersApi(session.agent).get_users_me()
    return {"me": me.id, "new_token": session.agent.access_token != before}


def throttled(session: Session) -> int:
    """How many calls succeeded though they were more than the limit allows."""
    api = sdk.TokensApi(session.agent)
    return sum(1 for _ in range(session.given["calls"]) if api.get_tokens_me() is not None)


STEPS: tuple[Callable[[Session], Any], ...] = (
    tokens,
    pkce,
    channel,
    presence,
    queue,
    conversation,
    paging,
    refusal,
    refresh,
    throttled,
)


def main() -> None:
    """Play the steps that stdin asks for, and print a JSON object of what each got."""
    given = json.load(sys.stdin)
    session = Session(given)
    print(json.dumps({step.__name__: step(session) for step in STEPS if step.__name__ in given["steps"]}))


if __name__ == "__main__":
    main()
