"""Agents are learnt from tokens and channels, in whatever order they become known."""

import json

from mitmproxy import http

from proxy_addons.core.identity import Identity, bearer, fingerprint


def answer(body: object, status: int = 200) -> http.Response:
    return http.Response.make(status, json.dumps(body))


def refresh(token: str) -> http.Request:
    return http.Request.make("POST", "http://cloud/oauth/token", f"grant_type=refresh_token&refresh_token={token}")


def asking(token: str) -> http.Request:
    request = http.Request.make("GET", "http://cloud/")
    request.headers["Authorization"] = f"Bearer {token}"
    return request


def known_agent(identity: Identity, token: str) -> str | None:
    session = identity.of_bearer(bearer(asking(token)))
    return session.agent if session else None


def test_users_me_says_whose_a_token_is() -> None:
    identity = Identity()
    session = identity.of_bearer(bearer(asking("t1")))
    assert known_agent(identity, "t1") is None
    identity.learn("GET", "/api/v2/users/me", session, answer({"id": "ann"}))
    assert known_agent(identity, "t1") == "ann"
    assert known_agent(identity, "t2") is None


def test_a_refreshed_token_belongs_to_the_same_agent() -> None:
    identity = Identity()
    tokens = {"access_token": "t1", "refresh_token": "r2"}
    identity.learn("POST", "/oauth/token", identity.of_grant(refresh("r1")), answer(tokens))
    identity.learn("GET", "/api/v2/users/me", identity.of_bearer(fingerprint("t1")), answer({"id": "ann"}))
    for old, new in (("r1", "t2"), ("r2", "t3")):
        identity.learn("POST", "/oauth/token", identity.of_grant(refresh(old)), answer({"access_token": new}))
        assert known_agent(identity, new) == "ann"


def test_a_channel_belongs_to_who_made_it_even_if_that_is_learnt_later() -> None:
    identity = Identity()
    session = identity.of_bearer(fingerprint("t1"))
    identity.learn("POST", "/api/v2/notifications/channels", session, answer({"id": "c1"}))
    channel = identity.of_channel("c1")
    assert channel is not None
    assert channel.agent is None
    identity.learn("GET", "/api/v2/users/me", session, answer({"id": "ann"}))
    assert channel.agent == "ann"


def test_nothing_is_learnt_from_errors_and_broken_answers() -> None:
    identity = Identity()
    session = identity.of_bearer(fingerprint("t1"))
    identity.learn("GET", "/api/v2/users/me", session, answer({"id": "ann"}, 500))
    identity.learn("GET", "/api/v2/users/me", session, http.Response.make(200, "no json"))
    identity.learn("GET", "/api/v2/users/me", session, answer(["ann"]))
    assert known_agent(identity, "t1") is None


def test_no_token_is_kept() -> None:
    identity = Identity()
    identity.learn("POST", "/oauth/token", identity.of_grant(refresh("r1")), answer({"access_token": "t1"}))
    assert [token for token, _ in identity.access_tokens()] == [fingerprint("t1")]
    assert "'t1'" not in repr(vars(identity))
    assert "'r1'" not in repr(vars(identity))


def test_a_token_by_client_credentials_is_the_trackers() -> None:
    identity = Identity()
    asked = http.Request.make("POST", "http://cloud/oauth/token", "grant_type=client_credentials")
    identity.learn("POST", "/oauth/token", identity.of_grant(asked), answer({"access_token": "t9"}))
    assert known_agent(identity, "t9") == "tracker"
