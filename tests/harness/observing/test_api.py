"""The observers' client, against a real cloud and against a real listener that answers as told."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import Unreachable
from harness.observing.api import MOST_A_MINUTE, Api, ApiRefused
from tests.answering import Told, answering
from tests.harness.cloud_world import world_at, world_of
from tests.simulator.cloud.conftest import AGENTS, QUEUE_ID, CloudProcess, StartCloud

MEMBERS = f"/api/v2/routing/queues/{QUEUE_ID}/members"


@pytest.mark.world
def test_it_reads_and_writes_with_client_credentials(cloud: CloudProcess, tmp_path: Path) -> None:
    with Api(world_of(cloud, tmp_path)) as api:
        path = f"/api/v2/users/{AGENTS[0].id}/presences/PURECLOUD"
        assert api.call("PATCH", path, {"message": "hello"})["message"] == "hello"
        assert api.get(path)["message"] == "hello"


@pytest.mark.world
def test_over_tls_it_trusts_the_worlds_certificate_and_no_other(start_cloud: StartCloud, tmp_path: Path) -> None:
    cloud = start_cloud(tls=True)
    with Api(world_of(cloud, tmp_path)) as api:
        assert len(list(api.pages(MEMBERS))) == 4
    with Api(world_of(cloud, tmp_path, ca=None)) as api, pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        api.get(MEMBERS)


@pytest.mark.world
def test_a_token_that_was_revoked_is_replaced_once(cloud: CloudProcess, tmp_path: Path) -> None:
    with Api(world_of(cloud, tmp_path)) as api:
        api.get(MEMBERS)
        api.call("DELETE", "/api/v2/tokens/me")
        assert len(api.get(MEMBERS)["entities"]) == 4


@pytest.mark.world
def test_credentials_that_are_wrong_are_refused_without_a_loop(cloud: CloudProcess, tmp_path: Path) -> None:
    with Api(world_of(cloud, tmp_path, client_secret="wrong")) as api, pytest.raises(ApiRefused) as refusal:
        api.get(MEMBERS)
    assert refusal.value.status in (400, 401)
    assert "wrong" not in str(refusal.value)


@pytest.mark.world
def test_what_is_not_there_is_refused_with_the_servers_words(cloud: CloudProcess, tmp_path: Path) -> None:
    with (
        Api(world_of(cloud, tmp_path)) as api,
        pytest.raises(ApiRefused, match="expected success, found 404") as refusal,
    ):
        api.get("/api/v2/conversations/none")
    assert refusal.value.status == 404


class Listener:
    """A login and an API. `answers` come one after the other, the last one for ever; tokens are counted."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[Told] = []
        self.paths: list[str] = []
        self.tokens = 0
        self.expires_in = 86_399.0

    def answer(self, path: str) -> Told:
        """What is said to a request for `path`."""
        if path == "/oauth/token":
            self.tokens += 1
            return Told({"access_token": f"token-{self.tokens}", "expires_in": self.expires_in})
        self.paths.append(path)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


Ask = Callable[..., Api]


@pytest.fixture
def told() -> Iterator[Listener]:
    """A listener."""
    found = Listener()
    with answering(found.answer) as found.url:
        yield found


@pytest.fixture
def ask(told: Listener, tmp_path: Path) -> Iterator[Ask]:
    """Clients of that listener."""
    opened: list[Api] = []

    def client(patience_s: float = 10.0) -> Api:
        opened.append(Api(world_at(told.url, told.url), patience_s))
        return opened[-1]

    yield client
    for api in opened:
        api.close()


def test_an_org_is_asked_at_most_280_times_a_minute(told: Listener, tmp_path: Path) -> None:
    told.answers = [Told({})]
    with Api(world_at(told.url, told.url, time_scale=0.02)) as api:  # a minute is 1.2 s
        started = time.monotonic()
        for _ in range(MOST_A_MINUTE + 1):
            api.get("/api/v2/users/me")
        assert time.monotonic() - started >= 1.2


def test_it_waits_as_long_as_it_is_told_to(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 429, {"Retry-After": "0.2"}), Told({"found": 1}, 200, {})]
    started = time.monotonic()
    assert ask().get("/x") == {"found": 1}
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize("status", [429, 503])
def test_without_patience_it_says_at_once_how_long_to_wait(told: Listener, ask: Ask, status: int) -> None:
    told.answers = [Told({"message": "Rate limit exceeded"}, status, {"Retry-After": "30"})]
    with pytest.raises(ApiRefused, match=f"GET /x: expected success, found {status} Rate limit exceeded") as refusal:
        ask(patience_s=0).get("/x")
    assert refusal.value.retry_after_s == 30.0


def test_a_wait_beyond_its_patience_is_refused_at_once(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 429, {"Retry-After": "3600"})]
    with pytest.raises(ApiRefused):
        ask(patience_s=2).get("/x")
    assert told.paths == ["/x"]


def test_a_read_is_repeated_after_a_server_error_and_a_write_is_not(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 500, {}), Told({"found": 1}, 200, {})]
    assert ask().get("/x") == {"found": 1}
    told.answers = [Told({}, 500, {}), Told({}, 200, {})]
    with pytest.raises(ApiRefused):
        ask().call("POST", "/x", {})


def test_a_server_that_keeps_failing_is_refused_after_three_tries(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 502, {})]
    with pytest.raises(ApiRefused, match="found 502"):
        ask().get("/x")
    assert len(told.paths) == 3


def test_a_permanent_401_does_not_loop(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 401, {})]
    with pytest.raises(ApiRefused, match="found 401"):
        ask().get("/x")
    assert told.tokens == 2


def test_a_token_is_renewed_before_it_ends(told: Listener, ask: Ask) -> None:
    told.answers = [Told({}, 200, {})]
    told.expires_in = 0.0
    api = ask()
    api.get("/x")
    api.get("/x")
    assert told.tokens == 2
    told.expires_in = 3600.0
    api.get("/x")
    api.get("/x")
    assert told.tokens == 3


def test_it_reads_every_page(told: Listener, ask: Ask) -> None:
    told.answers = [Told({"entities": [{"id": n}], "pageCount": 3}, 200, {}) for n in range(3)]
    assert [entity["id"] for entity in ask().pages("/x", expand="presence")] == [0, 1, 2]
    assert [path.rpartition("=")[2] for path in told.paths] == ["1", "2", "3"]
    assert all("expand=presence" in path for path in told.paths)


def test_nobody_there_is_said_with_the_address(told: Listener, ask: Ask) -> None:
    api = ask()
    told.answers = [Told({}, 200, {})]
    api.get("/x")
    api._world = world_at("http://127.0.0.1:9", told.url)
    with pytest.raises(Unreachable, match=r"api at http://127\.0\.0\.1:9 did not answer: ConnectError"):
        api.get("/x")
