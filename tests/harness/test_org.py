"""A world file for a real org: what is wrong with it is said by name before anything is touched."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.org import read_org

SECRETS = {"GENESYS_CLIENT_ID": "id", "GENESYS_CLIENT_SECRET": "hidden", "A1": "first", "CANARY": "bird"}
GOOD: dict[str, Any] = {
    "region": "mypurecloud.ie",
    "desktop_client_id": "desktop",
    "queue_id": "chaos",
    "agents": [{"id": "a-1", "name": "Test agent 1", "refresh_token_env": "A1"}],
    "canary": {"id": "c-1", "refresh_token_env": "CANARY"},
}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "org.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_a_region_gives_every_address_and_secrets_come_from_the_environment(tmp_path: Path) -> None:
    org = read_org(written(tmp_path, GOOD), SECRETS)
    assert (org.api, org.login) == ("https://api.mypurecloud.ie", "https://login.mypurecloud.ie")
    assert org.hosts == ("api.mypurecloud.ie:443", "login.mypurecloud.ie:443", "streaming.mypurecloud.ie:443")
    assert (org.client_secret, org.agents[0].refresh_token, org.canary.name) == ("hidden", "first", "c-1")
    assert org.time_scale == 1.0


def test_base_urls_may_stand_instead_of_a_region(tmp_path: Path) -> None:
    given = {key: value for key, value in GOOD.items() if key != "region"} | {"api": "https://127.0.0.1:8443/"}
    org = read_org(written(tmp_path, given), SECRETS)
    assert (org.api, org.login, org.hosts) == ("https://127.0.0.1:8443", "https://127.0.0.1:8443", ("127.0.0.1:8443",))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "expected JSON"),
        ("[]", "expected a JSON object, found 'list'"),
        ({**GOOD, "qeueu_id": "x"}, "['qeueu_id']"),
        ({**GOOD, "queue_id": ""}, "nothing for queue_id"),
        ({**GOOD, "region": "not a region"}, "expected a region such as mypurecloud.ie"),
        ({**GOOD, "agents": []}, "nothing for agents"),
        ({**GOOD, "agents": "all"}, "at least one test agent"),
        ({**GOOD, "agents": [{"id": "a-1"}]}, "agents with an id and a refresh_token_env"),
        ({**GOOD, "canary": {"id": "c", "refresh_token_env": "UNSET"}}, "the environment variable UNSET to be set"),
        ({**GOOD, "ca": "/nowhere/ca.pem"}, "a certificate file for ca"),
        ({**GOOD, "time_scale": 7}, "a time_scale from 0.02 to 1"),
        ({**GOOD, "region": None, "api": "ftp://x"}, "addresses such as"),
        ({**GOOD, "region": None}, "a region, or base URLs"),
    ],
)
def test_what_is_wrong_is_said_by_name(tmp_path: Path, content: Any, words: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_org(written(tmp_path, content), SECRETS)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file"):
        read_org(tmp_path / "absent.json", SECRETS)


def test_missing_credentials_are_named_by_their_variable(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="variable A1 to be set, found 'nothing'"):
        read_org(written(tmp_path, GOOD), {})
