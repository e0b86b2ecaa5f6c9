"""Rate limits: the counting, and what a client sees of it."""

import httpx
import pytest

from harness.waiting import until
from simulator.cloud.caller import Caller
from simulator.cloud.limits import Allowance, Limits, too_many
from simulator.cloud.settings import Switches
from tests.simulator.cloud.conftest import AGENTS, StartCloud

SERVICE = Caller("t1", "client", None)
ANN = Caller("t2", "desktop", "ann")


def test_a_window_counts_up_and_starts_again_after_a_minute() -> None:
    limits = Limits(Switches(), 60.0)
    assert limits.take(SERVICE, 100.0) == Allowance("client.credentials.token.rate.per.minute", 1, 300, 60.0)
    assert limits.take(SERVICE, 130.0) == Allowance("client.credentials.token.rate.per.minute", 2, 300, 30.0)
    assert limits.take(SERVICE, 160.0).count == 1


def test_each_token_of_a_service_counts_for_itself() -> None:
    limits = Limits(Switches(), 60.0)
    limits.take(SERVICE, 0.0)
    assert limits.take(Caller("t9", "client", None), 0.0).count == 1


def test_all_tokens_of_a_user_and_client_count_together() -> None:
    limits = Limits(Switches(), 60.0)
    limits.take(ANN, 0.0)
    assert limits.take(Caller("t3", "desktop", "ann"), 0.0).count == 2


def test_a_user_is_throttled_by_what_other_clients_send() -> None:
    limits = Limits(Switches(user_rate_per_minute=3), 60.0)
    for number in range(3):
        assert not limits.take(Caller(f"t{number}", f"client-{number}", "ann"), 0.0).spent
    found = limits.take(ANN, 0.0)
    assert (found.key, found.spent) == ("org.user.rate.per.minute", True)


def test_the_refusal_says_how_long_to_wait_in_whole_seconds_of_at_least_one() -> None:
    for reset_s, wait in ((0.2, "1"), (2.4, "3")):
        error = too_many(Allowance("key", 301, 300, reset_s))
        assert error.headers == {"Retry-After": wait}
        assert error.message == f"Rate limit exceeded the maximum. Retry the request in [{wait}] seconds"


@pytest.mark.world
def test_a_client_beyond_its_limit_is_refused_until_the_window_ends(start_cloud: StartCloud) -> None:
    cloud = start_cloud(rate_limits=True, switches={"app_user_rate_per_minute": 3}, time_scale=0.02)
    agent, other = cloud.agent(), cloud.agent(AGENTS[1])

    def refused() -> httpx.Response | None:
        answer = agent.get("/api/v2/tokens/me")
        return answer if answer.status_code == 429 else None

    answer = until(refused, "a 429", 20, every_s=0.001)
    assert answer is not None
    assert answer.headers["retry-after"] in ("1", "2")
    assert answer.headers["inin-ratelimit-allowed"] == "3"
    assert int(answer.headers["inin-ratelimit-count"]) > 3
    body = answer.json()
    assert (body["code"], body["status"]) == ("too.many.requests", 429)
    assert body["limit"] == {"key": "org.app.user.rate.per.minute", "namespace": "platform.api", "value": 3}
    assert other.get("/api/v2/tokens/me").status_code == 200
    until(lambda: agent.get("/api/v2/tokens/me").status_code == 200, "the window to end", 20)


@pytest.mark.world
def test_without_limits_the_headers_are_there_and_nobody_is_refused(start_cloud: StartCloud) -> None:
    cloud = start_cloud(switches={"app_user_rate_per_minute": 1})
    agent = cloud.agent()
    answers = [agent.get("/api/v2/tokens/me") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert "inin-ratelimit-reset" in answers[0].headers
