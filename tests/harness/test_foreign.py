"""A tracker that a world file names: what is wrong with it is said by name."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.errors import BadInput
from harness.foreign import names_org, read_foreign
from harness.world import Dialect

FULL = {
    "url": "http://127.0.0.1:8080/",
    "dialect": "seed",
    "token_env": "TOKEN",
    "command": ["./tracker", "-v"],
    "cloud_port": 9100,
    "receiver_port": 9101,
    "max_dwell_s": 2.5,
    "max_bounces": 2,
}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "world.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_all_that_can_be_said_is_read(tmp_path: Path) -> None:
    found = read_foreign(written(tmp_path, {"tracker": FULL}), {"TOKEN": "hidden"})
    assert found is not None
    assert (found.url, found.address, found.dialect) == ("http://127.0.0.1:8080", ("127.0.0.1", 8080), Dialect.SEED)
    assert (found.token, found.command, found.limits) == ("hidden", ("./tracker", "-v"), (2.5, 2))
    assert (found.cloud_port, found.receiver_port) == (9100, 9101)


def test_a_url_is_enough(tmp_path: Path) -> None:
    found = read_foreign(written(tmp_path, {"tracker": {"url": "https://tracker.example"}}), {})
    assert found is not None
    assert (found.address, found.dialect, found.token, found.command) == (
        ("tracker.example", 443),
        Dialect.GENESYS,
        None,
        (),
    )
    assert (found.limits, found.cloud_port) == ((300.0, 3), 0)


def test_it_has_the_tutorials_limits_unless_it_says_others_or_heeds_those_of_the_experiment(tmp_path: Path) -> None:
    named = {"url": "http://127.0.0.1:8080", "command": ["./tracker"]}
    limits = [
        found.limits
        for more in ({}, {"max_bounces": 5}, {"heeds_limits": False}, {"heeds_limits": True})
        if (found := read_foreign(written(tmp_path, {"tracker": named | more}), {}))
    ]
    assert limits == [(300.0, 3), (300.0, 5), (300.0, 3), None]


def test_a_file_of_a_tracker_alone_names_no_org(tmp_path: Path) -> None:
    assert not names_org(written(tmp_path, {"tracker": FULL}))
    assert names_org(written(tmp_path, {"tracker": FULL, "region": "mypurecloud.ie"}))
    assert names_org(written(tmp_path, {"region": "mypurecloud.ie"}))
    assert not names_org(None)
    assert read_foreign(None) is None
    assert read_foreign(written(tmp_path, {"region": "mypurecloud.ie"})) is None


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "tracker: expected an object with a url, found {}"),
        ("http://x", "expected an object with a url"),
        (FULL | {"colour": "red"}, "found ['colour']"),
        (FULL | {"url": "ftp://x"}, "tracker: url: expected an address such as"),
        (FULL | {"url": "http://127.0.0.1:99999"}, "tracker: url: expected an address such as"),
        (FULL | {"dialect": "latin"}, "tracker: dialect: expected one of genesys, seed, found 'latin'"),
        (FULL | {"token_env": "UNSET"}, "tracker: token_env: expected the environment variable UNSET to be set"),
        (FULL | {"command": "./tracker"}, "tracker: command: expected a list of words"),
        (FULL | {"cloud_port": 70_000}, "tracker: cloud_port: expected a whole number from 0 to 65535"),
        (FULL | {"receiver_port": "1"}, "tracker: receiver_port: expected a whole number"),
        (FULL | {"max_dwell_s": 0}, "tracker: max_dwell_s: expected a number from 0.01"),
        (FULL | {"max_bounces": 2.5}, "tracker: max_bounces: expected a whole number from 0"),
        (FULL | {"heeds_limits": "yes"}, "tracker: heeds_limits: expected true or false, found 'yes'"),
        (FULL | {"heeds_limits": True}, "tracker: heeds_limits: expected a command, and no limits of its own"),
        ({"url": "http://x", "heeds_limits": True}, "tracker: heeds_limits: expected a command"),
    ],
)
def test_what_is_wrong_is_said_by_name(tmp_path: Path, given: Any, words: str) -> None:
    path = written(tmp_path, {"tracker": given} if given != {} else {"tracker": {}})
    with pytest.raises(BadInput) as error:
        read_foreign(path, {"TOKEN": "hidden"})
    assert words in str(error.value)
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize(("content", "words"), [("{", "expected JSON"), ("[]", "expected a JSON object")])
def test_a_file_that_is_no_world_is_refused(tmp_path: Path, content: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        names_org(written(tmp_path, content))
    with pytest.raises(BadInput, match="a file that can be read"):
        read_foreign(tmp_path / "nowhere.json")
