"""Settings come from a file or the environment, secrets from the environment alone; what is wrong is named."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tracker.running import ROOT
from tracker import settings
from tracker.errors import BadInput
from tracker.settings import Limits, Settings

SECRETS = {"TRACKER_TOKEN": "s3cret-token", "CLIENT": "s3cret-client"}
WHOLE: dict[str, Any] = {
    "data": "/var/lib/tracker",
    "host": "0.0.0.0",  # noqa: S104
    "port": 8080,
    "queues": {"default": {"max_dwell_s": 60}, "vip": {"max_bounces": 1}},
    "retention_s": 10,
    "delivery": {"token_env": "TRACKER_TOKEN", "sources": ["aws.partner/genesys.com/"]},
    "read_token_env": "TRACKER_TOKEN",
    "tsdb": {"url": "http://tsdb", "org": "o", "bucket": "b", "token_env": "CLIENT"},
    "alerts": [{"kind": "slack", "url": "https://hooks"}],
    "cloud": {"api": "https://api", "login": "https://login", "client_id": "id", "secret_env": "CLIENT"},
    "proxy": "http://proxy",
    "ca": "/etc/ca.pem",
}


def test_every_setting_is_read_and_no_secret_is_shown() -> None:
    found = settings.parse(WHOLE, SECRETS)
    assert (found.limits, found.queues) == (Limits(60), {"vip": Limits(60, 1)})
    assert found.delivery.token and found.delivery.token.value == "s3cret-token"
    assert found.cloud and found.cloud.secret.value == "s3cret-client"
    assert found.tsdb and found.tsdb.deadline_s == 5
    assert (found.proxy, found.ca, found.port) == ("http://proxy", Path("/etc/ca.pem"), 8080)
    assert "s3cret" not in repr(found)


def test_the_least_is_a_folder() -> None:
    assert settings.parse({"data": "x"}, {}) == Settings(data=Path("x"))


def test_the_environment_says_the_same() -> None:
    given = {
        f"TRACKER_{key.upper()}": value if isinstance(value, str) else json.dumps(value) for key, value in WHOLE.items()
    }
    found = settings.from_environment({**given, **SECRETS})
    assert repr(found) == repr(settings.parse(WHOLE, SECRETS))


def test_texts_in_the_environment_are_taken_as_they_are() -> None:
    assert settings.from_environment({"TRACKER_DATA": "2026"}).data == Path("2026")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "settings: expected an object, found []"),
        ({}, "settings: data: expected a text, found None"),
        ({"data": 5}, "settings: data: expected a text, found 5"),
        ({"data": "x", "port": "80"}, "settings: port: expected a whole number from 0 to 65535, found '80'"),
        ({"data": "x", "port": 65536}, "settings: port: expected a whole number from 0 to 65535, found 65536"),
        ({"data": "x", "retention_s": True}, "settings: retention_s: expected a number of at least 0, found True"),
        ({"data": "x", "store": "oracle"}, "store: expected sqlite or \"postgresql://...\", found 'oracle'"),
        (
            {"data": "x", "store": "postgresql://me:hush@db/tracker"},
            "store: expected an address without a password (PGPASSWORD or PGPASSFILE), found 'one with a password'",
        ),
        ({"data": "x", "life_line": 1}, "settings: life_line: expected true or false, found 1"),
        (
            {"data": "x", "queues": {"q": {"max_dwell_s": 0}}},
            "settings: queues: q: max_dwell_s: expected a number of at least 0.001, found 0",
        ),
        (
            {"data": "x", "queues": {"q": {"max_dwel_s": 1}}},
            "settings: queues: q: expected only the keys max_bounces, max_dwell_s, found 'max_dwel_s'",
        ),
        (
            {"data": "x", "delivery": {"token_env": "NOBODY"}},
            "settings: delivery: token_env: expected the name of an environment variable that holds a secret,"
            " found 'NOBODY'",
        ),
        (
            {"data": "x", "alerts": [{"kind": "mail", "url": "http://x"}]},
            "settings: alerts[0]: kind: expected one of generic, slack, pagerduty, alertmanager, found 'mail'",
        ),
        (
            {"data": "x", "proxy": "proxy:80"},
            "settings: proxy: expected an address that begins with http:// or https://, found 'proxy:80'",
        ),
    ],
)
def test_what_is_wrong_is_named(given: Any, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        settings.parse(given, {})
    assert str(refused.value) == words


@pytest.mark.parametrize("text", ["s3cret\n", " s3cret\r\n", "\ts3cret"])
def test_white_space_around_a_secret_is_no_part_of_it(text: str) -> None:
    found = settings.parse({"data": "x", "read_token_env": "TOKEN"}, {"TOKEN": text})
    assert found.read_token and found.read_token.value == "s3cret"


@pytest.mark.parametrize("text", ["s3\ncret", "s3cr\u00e9t", "s3\0cret", "s3cret\ud83d"])
def test_a_secret_that_cannot_stand_in_a_header_is_refused_by_the_name_of_its_variable(text: str) -> None:
    with pytest.raises(BadInput) as refused:
        settings.parse({"data": "x", "read_token_env": "TOKEN"}, {"TOKEN": text})
    expected = "a secret of printable ASCII characters in an environment variable"
    assert str(refused.value) == f"settings: read_token_env: expected {expected}, found 'TOKEN'"


def test_an_unknown_key_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(BadInput, match=r"settings: expected only the keys alert_repeat_s, .*, tsdb, found 'dat'"):
        settings.parse({"data": "x", "dat": 1}, {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "expected JSON, found 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'"),
        ('{"data": "x", "defect": "none"}', "defect: expected one of ['ack_before_durable'"),
        ('{"data": "/dev/null/x"}', "data: expected a folder that can be written, found '/dev/null/x'"),
        ('{"data": "x", "host": "nowhere.invalid"}', "host and port: expected an address to listen at"),
        ('{"data": "x", "ca": "/nowhere.pem"}', "ca: expected a file with certificates in PEM, found '/nowhere.pem'"),
        (
            '{"data": "x", "ca": "tracker/settings.py"}',
            "ca: expected a file with certificates in PEM, found 'tracker/settings.py'",
        ),
    ],
)
@pytest.mark.world
def test_a_tracker_with_wrong_settings_ends_with_one_line_and_code_2(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text.replace('"x"', json.dumps(str(tmp_path))))
    argv = [sys.executable, "-m", "tracker", "--settings", str(path)]
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tracker: ")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["alerts.sqlite", "metrics.sqlite"])
@pytest.mark.world
def test_a_tracker_with_a_broken_file_ends_with_one_line_and_code_2(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("this is no database, and it is long enough to be seen as none" * 100)
    argv = [sys.executable, "-m", "tracker"]
    environment = {**os.environ, "TRACKER_DATA": str(tmp_path)}
    done = subprocess.run(argv, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("tracker: the store failed while ")
    assert done.stderr.endswith("file is not a database\n")
    assert done.stderr.count("\n") == 1
