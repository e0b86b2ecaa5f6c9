"""The settings file is read once, and what is wrong with it is said by name."""

import json
from pathlib import Path

import pytest

from harness.errors import BadInput
from proxy_addons.core.settings import Settings, read_settings

GOOD = {"evidence": "e", "control_token": "t", "confdir": "c", "hosts": ["127.0.0.1:1"]}


def test_what_is_not_given_has_a_default(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(GOOD))
    assert read_settings(path) == Settings(Path("e"), "t", Path("c"), frozenset({"127.0.0.1:1"}))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"hosts": "127.0.0.1:1"}, "settings hosts: expected a list of texts"),
        ({"seed": "7"}, "settings seed: expected a number"),
        ({"upstream_ca": 1}, "settings upstream_ca: expected non-empty text"),
        ({"listen": "127.0.0.2"}, "settings listen: expected a list of texts"),
        ({"fronts": {"http://127.0.0.1:1": "2"}}, "settings fronts: expected an object of base URLs and ports"),
        ({"speed": 1}, "settings: expected keys of"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(tmp_path: Path, change: dict[str, object], complaint: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**GOOD, **change}))
    with pytest.raises(BadInput, match=complaint):
        read_settings(path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="a JSON file that can be read"):
        read_settings(tmp_path / "nothing.json")
