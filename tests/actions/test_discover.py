import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_chaos_toolkit_lists_every_action_and_probe_with_help_and_types(tmp_path: Path) -> None:
    found = tmp_path / "discovery.json"
    chaos = Path(sys.executable).with_name("chaos")
    options = ["--no-version-check", "--no-log-file", "--settings", str(tmp_path / "none.yaml"), "discover"]
    rest = ["chaostoolkit-deskstorm", "--no-install", "--discovery-path", str(found)]
    subprocess.run([str(chaos), *options, *rest], check=True, capture_output=True, cwd=tmp_path)
    listed = json.loads(found.read_text())["activities"]
    for kind, folder in (("action", "actions"), ("probe", "probes")):
        units = {path.stem for path in (ROOT / folder).glob("*.py") if not path.name.startswith("_")}
        assert {one["mod"].removeprefix(f"{folder}.") for one in listed if one["type"] == kind} == units
    assert all(one["doc"] for one in listed)
    parameters = [argument for one in listed for argument in one["arguments"] if argument["name"] != "configuration"]
    assert {argument["type"] for argument in parameters} <= {
        *("string", "integer", "float", "boolean", "number", "mapping")
    }
