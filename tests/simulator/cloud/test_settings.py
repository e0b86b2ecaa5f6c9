"""What a cloud is started with, and what it refuses to be started with."""

from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from simulator.cloud.settings import CloudSettings, Switches
from tests.simulator.cloud.conftest import AGENTS, cloud_settings


def test_settings_are_read_whole(tmp_path: Path) -> None:
    found = CloudSettings.from_json(
        cloud_settings(tmp_path, switches={"idle_timeout_seconds": 60}, sabotage=["restart"])
    )
    assert [agent.id for agent in found.agents] == [agent.id for agent in AGENTS]
    assert found.queue.name == "Chaos"
    assert found.switches == Switches(idle_timeout_seconds=60)
    assert found.sabotage == ("restart",)


def test_what_is_not_given_has_its_default(tmp_path: Path) -> None:
    given = cloud_settings(tmp_path)
    for key in (
        "seed",
        "time_scale",
        "tls",
        "port",
        "token_seconds",
        "rate_limits",
        "switches",
        "event_feed",
        "sabotage",
    ):
        del given[key]
    found = CloudSettings.from_json(given)
    assert (found.time_scale, found.token_seconds, found.rate_limits, found.sabotage) == (1.0, 86399.0, False, ())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"colour": "red"}, "cloud settings: expected keys of"),
        ({"switches": {"close_code": 1}}, "switches: expected keys of"),
        ({"switches": {"oauth_error_body": "xml"}}, "switch oauth_error_body: expected one of"),
        ({"switches": {"enforce_scopes": "yes"}}, "switches enforce_scopes: expected bool, found 'yes'"),
        ({"event_feed_dialect": "latin"}, "event_feed_dialect: expected one of ['genesys', 'seed'], found 'latin'"),
        ({"queues": [{"id": "q"}]}, "queues: expected the keys ['name']"),
        ({"time_scale": 0}, "time_scale: expected a number above 0"),
        ({"time_scale": "fast"}, "cloud settings time_scale: expected float, found 'fast'"),
        ({"agents": []}, "agents: expected at least one agent"),
        ({"agents": [{"id": "1"}]}, "agents: expected the keys ['name', 'refresh_token']"),
        ({"agents": 5}, "agents: expected a JSON list, found 5"),
        ({"queue": None}, "queue: expected a JSON object"),
        ({"sabotage": "restart"}, "sabotage: expected a JSON list, found 'restart'"),
        ({"tls": True, "tls_folder": None}, "tls_folder: expected a folder for the certificates"),
    ],
)
def test_wrong_settings_are_refused_by_the_name_of_the_key(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput) as found:
        CloudSettings.from_json(cloud_settings(tmp_path, **changes))
    assert words in str(found.value)


def test_missing_keys_are_named(tmp_path: Path) -> None:
    given = cloud_settings(tmp_path)
    del given["client_secret"]
    with pytest.raises(BadInput, match=r"expected the keys \['client_secret'\]"):
        CloudSettings.from_json(given)


@pytest.mark.parametrize(("text", "words"), [("{", "expected JSON"), ("[]", "expected a JSON object, found 'list'")])
def test_a_file_that_is_no_json_object_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(text)
    with pytest.raises(BadInput) as found:
        CloudSettings.read(path)
    assert words in str(found.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No such file or directory"):
        CloudSettings.read(tmp_path / "cloud.json")
