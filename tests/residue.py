"""What a test run may leave behind: nothing. Seen by each worker at its end, when every other fixture is torn down,
and of the machine's network once more when all of them have ended.

Whatever the tests start carries the worker's marker in its environment, keeps its runs' state in a folder of the
worker and its temporary files in another; so each of them can be told from what others do on the same machine.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from harness.evidence import read
from harness.keeping.processes import Identity
from harness.waiting import Waited, until
from tests.harness.network.left import left_of

MARKER = "DESKSTORM_TEST_RUN"
GONE_WITHIN_S = 10.0
NETWORK_GONE_WITHIN_S = 1.0
CACHES = {".git", ".venv", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "build"}
# What people write while tests run is no residue of the tests.
WRITTEN_BY_PEOPLE = {".py", ".md", ".toml", ".j2", ".lock"}
EXPERIMENTS = "experiments"
BEFORE = pytest.StashKey[set[str]]()
# The command that shows it, and what of its answer is of interest.
NETWORK = {
    "namespace": (("ip", "netns", "list"), r"^ds\S+"),
    "link": (("ip", "-br", "link"), r"^ds[^\s@]+"),
    "qdisc": (("tc", "qdisc", "show"), r"^qdisc (\S+ \S+ dev \S+ \S+)"),
    "nft": (("nft", "--stateless", "list", "ruleset"), r"^.*\S.*$"),
}


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail the run, at the very end, for each process, run state and file that its tests left behind."""
    tree, marker = request.config.rootpath, uuid.uuid4().hex
    state, scratch = tmp_path_factory.mktemp("state"), tmp_path_factory.mktemp("scratch")
    state.chmod(0o700)
    before = files_of(tree)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARKER, f"{os.environ.get(MARKER, '')} {marker}".strip())
        patch.setenv("DESKSTORM_STATE", str(state))
        patch.setenv("TMPDIR", str(scratch))
        patch.setattr(tempfile, "tempdir", None)
        yield
    left = [f"process {found}" for found in _left_running(marker)]
    left += [f"state of a run {path}" for path in [*state.iterdir(), *_in_the_common_place(tmp_path_factory)]]
    left += [f"temporary file {path}" for path in scratch.iterdir()]
    left += [f"file {path} in the working tree" for path in sorted(files_of(tree) - before)]
    left += network_left_by(tmp_path_factory.getbasetemp())
    assert left == [], "the tests left behind: " + "; ".join(left)


def network_left_by(folder: Path) -> list[str]:
    """What is there of the namespaces, links and nft tables that the runs with evidence below `folder` made."""
    found = {line for path in folder.rglob("evidence/keeper.jsonl") for line in left_of(read(path.parent))}
    return sorted(found)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Remember the machine's network as it is before the tests."""
    if alone(session):
        session.config.stash[BEFORE] = rules_and_links()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the whole run for each namespace, link, qdisc and nft table that is there now and was not before."""
    before = session.config.stash.get(BEFORE, None)
    if before is None:
        return
    with suppress(Waited):
        until(lambda: not rules_and_links() - before, "the network to be as before", NETWORK_GONE_WITHIN_S)
    if left := rules_and_links() - before:
        print(f"\nthe tests left behind: {'; '.join(sorted(left))}", file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def alone(session: pytest.Session) -> bool:
    """Whether the network is these tests' own: in the first of several processes, and on a machine for nothing else."""
    return not hasattr(session.config, "workerinput") and os.environ.get("CI") == "true"


def rules_and_links() -> set[str]:
    """What of ours is in this machine's network, and every rule there is: one line each."""
    found: set[str] = set()
    for what, (words, wanted) in NETWORK.items():
        if shutil.which(words[0]):
            said = subprocess.run(words, capture_output=True, text=True, timeout=GONE_WITHIN_S).stdout
            found |= {f"{what} {line}" for line in re.findall(wanted, said, re.MULTILINE)}
    return found


def files_of(tree: Path) -> set[str]:
    """The files below `tree` that programs write, by their path; caches are none."""
    found = set()
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name not in CACHES and not name.endswith(".egg-info")]
        if Path(folder) != tree / EXPERIMENTS:
            found |= {os.path.join(folder, name) for name in names if Path(name).suffix not in WRITTEN_BY_PEOPLE}
    return found


def running(marker: str) -> list[str]:
    """The living processes that were started with `marker` in their environment, as `pid: command`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            marked = marker.encode() in (process / "environ").read_bytes()
            if marked and int(process.name) != os.getpid() and Identity.of(int(process.name)):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found.append(f"{process.name}: {words.strip()}")
    return found


def _left_running(marker: str) -> list[str]:
    with suppress(Waited):
        until(lambda: not running(marker), "every process of the tests to end", GONE_WITHIN_S)
    return running(marker)


def _in_the_common_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """State of this worker's runs where the runs of people keep theirs."""
    ours = str(tmp_path_factory.getbasetemp())
    for keeper in Path(f"/tmp/deskstorm-{os.getuid()}").glob("*/keeper.json"):
        with suppress(OSError, ValueError):
            if str(json.loads(keeper.read_text()).get("folder", "")).startswith(ours):
                yield keeper.parent
