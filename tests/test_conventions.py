"""The habits of this code, walked folder by folder: no list by hand, and each complaint ends with what to write."""

import ast
import importlib
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chaoslib.experiment import ensure_experiment_is_valid

ROOT = Path(__file__).parents[1]
OURS = frozenset(
    {"actions", "benchmarks", "harness", "probes", "proxy_addons", "reports", "simulator", "tests", "tracker"}
)
SOURCE = ("actions", "harness", "probes", "proxy_addons", "reports", "simulator", "tracker")

# Written in two parts, so that this file does not hold what it looks for.
REGISTRY_HOST = re.compile(
    r"(?i)\b(?:py" r"pi\.org|python" r"hosted\.org|npm" r"js\.(?:org|com)|yarn" r"pkg\.com"
    r"|maven\." r"(?:org|apache\.org)"
    r"|ruby" r"gems\.org|crates" r"\.io|golang" r"\.org|gh" r"cr\.io|docker" r"\.io|deb\." r"debian\.org)\b"
    r"|--(?:extra-)?index" r"-url|--trusted" r"-host"
)  # fmt: skip
MACHINE_PATH = re.compile(r"(?<![\w.*{}])/(?:wo" r"rk|ro" r"ot|home/\w+)(?![\w-])")
SLEEPS = frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep"})


def modules(folder: str) -> list[Path]:
    """The units of `folder`: the Python files right in it whose names do not begin with an underscore."""
    found = sorted(path for path in (ROOT / folder).glob("*.py") if not path.name.startswith("_"))
    assert found, f"{folder}/ holds no units: add {folder}/<name>.py"
    return found


def python_files(folder: str) -> list[Path]:
    """Every Python file under `folder`."""
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"{folder}/ holds no Python files: add {folder}/__init__.py"
    return found


def tracked_files() -> list[Path]:
    """What git knows or would add, without what it ignores."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    found = [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    assert found, "git lists no files: run the tests in a checkout"
    return found


def parse(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def name_of(path: Path) -> str:
    """The path as a person would type it in the checkout."""
    return path.relative_to(ROOT).as_posix()


def complain(complaints: list[str]) -> None:
    """Fail with every complaint on a line of its own."""
    assert not complaints, "\n" + "\n".join(complaints)


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a module, without those inside others."""
    return [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def imports(tree: ast.AST) -> Iterator[str]:
    """Every module that is imported, `from harness import evidence` as `harness.evidence`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module in OURS:
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            else:
                yield node.module


def below(name: str, *packages: str) -> bool:
    """Whether the module `name` is one of `packages` or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def is_ours(name: str) -> bool:
    """Whether the module `name` belongs to this project."""
    return below(name, *OURS)


def addon_may_import(name: str) -> bool:
    """Addons know mitmproxy, Python itself and the plain types."""
    plain = ("harness.scope", "harness.errors", "harness.evidence")
    return below(name, "proxy_addons", "mitmproxy", *plain) or name.split(".")[0] in sys.stdlib_module_names


MAY_IMPORT: dict[str, tuple[Callable[[str], bool], str]] = {
    "harness": (lambda name: not is_ours(name) or below(name, "harness"), "harness and libraries"),
    "actions": (lambda name: not is_ours(name) or below(name, "actions", "harness"), "actions, harness and libraries"),
    "probes": (lambda name: not is_ours(name) or below(name, "probes", "harness"), "probes, harness and libraries"),
    "reports": (lambda name: not is_ours(name) or below(name, "reports", "harness"), "reports, harness and libraries"),
    "proxy_addons": (addon_may_import, "proxy_addons, mitmproxy, harness.scope, harness.errors and harness.evidence"),
    "simulator": (
        lambda name: (
            not is_ours(name) or below(name, "simulator", "harness.evidence", "harness.errors", "harness.waiting")
        ),
        "simulator, harness.evidence, harness.errors and harness.waiting",
    ),
    "tracker": (lambda name: not is_ours(name) or below(name, "tracker"), "tracker and libraries"),
}


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_each_part_imports_only_what_it_may(folder: str) -> None:
    allowed, words = MAY_IMPORT[folder]
    complain(
        [
            f"{name_of(path)} imports {name}: import only {words}"
            for path in python_files(folder)
            for name in imports(parse(path))
            if not allowed(name)
        ]
    )


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("harness", "import simulator.cloud"),
        ("harness", "from reports import review"),
        ("probes", "from simulator.cloud.events import Events"),
        ("actions", "import probes.sockets_per_agent"),
        ("proxy_addons", "from harness import world"),
        ("proxy_addons", "import httpx"),
        ("simulator", "from harness.world import World"),
        ("reports", "def f():\n    import actions.api_latency"),
        ("tracker", "from harness.errors import BadInput"),
    ],
)
def test_a_forbidden_import_is_noticed(folder: str, source: str) -> None:
    allowed, _ = MAY_IMPORT[folder]
    assert [name for name in imports(ast.parse(source)) if not allowed(name)]


def test_the_tracker_needs_no_package_but_those_that_its_page_installs() -> None:
    page = (ROOT / "tracker" / "README.md").read_text(encoding="utf-8")
    lines = "\n".join(line for line in page.splitlines() if line.startswith("pip install "))
    installed = {
        name.replace("-", "_") for name in re.findall(r"[ '\"]([a-z][\w-]+)", lines.replace("pip install", ""))
    }
    complain(
        [
            f"{name_of(path)} imports {name}: add it to the line `pip install ...` of tracker/README.md"
            for path in python_files("tracker")
            for name in imports(parse(path))
            if name.split(".")[0] not in {"tracker", *sys.stdlib_module_names, *installed}
        ]
    )


def fault_modules() -> list[str]:
    """The names of the actions that inject a fault."""
    found = [
        path.stem for path in modules("actions") if any(f.name.startswith("inject_") for f in functions(parse(path)))
    ]
    assert found, "actions/ holds no faults: add actions/<fault>.py with inject_<fault> and clear_<fault>"
    return found


def test_every_fault_can_be_injected_and_cleared() -> None:
    complain(
        [
            f"actions/{fault}.py exports something else: write "
            f'__all__ = ["inject_{fault}", "clear_{fault}"] and both functions'
            for fault in fault_modules()
            if getattr(importlib.import_module(f"actions.{fault}"), "__all__", None)
            != [f"inject_{fault}", f"clear_{fault}"]
        ]
    )


def test_every_probe_is_one_public_function_named_as_its_file() -> None:
    complaints = []
    for path in modules("probes"):
        public = [f.name for f in functions(parse(path)) if not f.name.startswith("_")]
        if public != [path.stem]:
            complaints.append(f"{name_of(path)} has {public}: write one public function def {path.stem}(...)")
    complain(complaints)


@pytest.mark.parametrize("folder", ["actions", "probes", "proxy_addons"])
def test_every_unit_has_a_test_file(folder: str) -> None:
    wanted = [ROOT / "tests" / folder / f"test_{path.stem}.py" for path in modules(folder)]
    complain([f"add {name_of(path)}" for path in wanted if not path.is_file()])


def activities() -> list[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every public function of actions and probes, with its file."""
    return [
        (path, function)
        for folder in ("actions", "probes")
        for path in modules(folder)
        for function in functions(parse(path))
        if not function.name.startswith("_")
    ]


def faults_of_activity(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """What keeps Chaos Toolkit from calling `function` or from showing its parameters."""
    arguments = function.args
    if isinstance(function, ast.AsyncFunctionDef):
        yield "is async and would never be awaited: write a plain def"
    if arguments.kwonlyargs or arguments.vararg or arguments.kwarg:
        yield "has keyword-only or starred parameters, which discovery hides: write plain parameters with defaults"
    given = [argument for argument in arguments.args if argument.arg not in ("configuration", "secrets")]
    if len(given) > 6:
        yield "has more than six parameters: put a settings object behind it"
    for argument in given:
        if argument.annotation is None or isinstance(argument.annotation, ast.BinOp):
            yield f"shows {argument.arg} as object: annotate it with one builtin type"


def test_every_activity_can_be_called_and_discovered() -> None:
    complaints = [
        f"{name_of(path)}: {function.name} {fault}"
        for path, function in activities()
        for fault in faults_of_activity(function)
    ]
    complaints += [
        f"{name_of(path)} hides its types from discovery: take out `from __future__ import annotations`"
        for path in {path for path, _ in activities()}
        if "__future__" in imports(parse(path))
    ]
    complain(complaints)


@pytest.mark.parametrize("folder", SOURCE)
def test_everything_public_says_what_it_is(folder: str) -> None:
    complaints = []
    for path in python_files(folder):
        tree = parse(path)
        if not ast.get_docstring(tree):
            complaints.append(f"{name_of(path)} does not say what it is for: add a docstring on its first line")
        complaints += [
            f"{name_of(path)}:{node.lineno} {node.name} is public: add a docstring of what is seen from outside"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    complain(complaints)


def sleeps(source: str) -> Iterator[int]:
    """The lines that sleep and do not say with `# waits: why` what for."""
    lines = source.splitlines()
    tree = ast.parse(source)
    bare = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}" in SLEEPS
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in SLEEPS | bare:
            last = node.end_lineno or node.lineno
            if not any(re.search(r"# waits: \S", line) for line in lines[node.lineno - 1 : last]):
                yield node.lineno


def test_nobody_sleeps() -> None:
    complain(
        [
            f"{name_of(path)}:{line} sleeps: wait for a named condition with harness.waiting, or write `# waits: why`"
            for path in tracked_files()
            if path.suffix == ".py" and path != ROOT / "harness" / "waiting.py"
            for line in sleeps(path.read_text(encoding="utf-8"))
        ]
    )


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time\ntime.sleep(1)", [2]),
        ("from asyncio import sleep\nasync def f():\n    await sleep(1)", [3]),
        ("import time\ntime.sleep(1)  # waits: the peer's own pace", []),
        ("import time\ntime.sleep(1)  # waits:", [2]),
        ("class A:\n    def sleep(self): ...\nA().sleep()", []),
    ],
)
def test_a_sleep_is_noticed_unless_it_says_why(source: str, found: list[int]) -> None:
    assert list(sleeps(source)) == found


def texts() -> Iterator[tuple[Path, int, str]]:
    """Every line of every text file, with its file and number."""
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        yield from ((path, number, line) for number, line in enumerate(lines, 1))


def test_no_file_names_a_package_registry_or_a_path_of_one_machine() -> None:
    complaints = []
    for path, number, line in texts():
        if found := REGISTRY_HOST.search(line):
            complaints.append(f"{name_of(path)}:{number} names {found.group()}: leave the registry to the user's pip")
        if found := MACHINE_PATH.search(line):
            complaints.append(f"{name_of(path)}:{number} names {found.group()}: write a path relative to the checkout")
    complain(complaints)


@pytest.mark.parametrize("host", ["https://pypi" + ".org/simple", "files.pythonhosted" + ".org", "--index" + "-url x"])
def test_a_registry_is_noticed(host: str) -> None:
    assert REGISTRY_HOST.search(host)


@pytest.mark.parametrize(
    ("line", "noticed"),
    [("cd /" + "work/main", True), ("'/" + "root'", True), ("/" + "home/ann/x", True), ("/api/v2/workforce", False)],
)
def test_a_path_of_one_machine_is_noticed(line: str, noticed: bool) -> None:
    assert bool(MACHINE_PATH.search(line)) == noticed


def experiments() -> dict[str, dict[str, Any]]:
    """Every experiment by the name of its file."""
    found = {path.stem: json.loads(path.read_text()) for path in sorted((ROOT / "experiments").glob("*.json"))}
    assert found, "experiments/ holds no experiments: add experiments/<question>.json"
    return found


def defects() -> set[str]:
    """The names of the defects that can be planted: one small file each, in a folder `defects` beside healthy code."""
    files = [*ROOT.glob("simulator/*/defects/*.py"), *ROOT.glob("tracker/defects/*.py")]
    found = {path.stem for path in files if not path.name.startswith("_")}
    assert found, "there are no defects: add simulator/desktop/defects/<name>.py"
    return found


def probe_names(experiment: dict[str, Any]) -> set[str]:
    """The names of all probes of an experiment."""
    given = [*experiment.get("steady-state-hypothesis", {}).get("probes", []), *experiment["method"]]
    return {activity["name"] for activity in given if activity["type"] == "probe"}


def extension(experiment: dict[str, Any]) -> dict[str, Any]:
    """Our own block of an experiment, empty if there is none."""
    found: list[dict[str, Any]] = [e for e in experiment.get("extensions", []) if e.get("name") == "deskstorm"]
    return found[0] if found else {}


def test_every_experiment_is_valid() -> None:
    for experiment in experiments().values():
        ensure_experiment_is_valid(experiment)


def missing(experiment: dict[str, Any]) -> Iterator[str]:
    """What an experiment lacks, each ending with what to write."""
    if "harness.control" not in [c.get("provider", {}).get("module") for c in experiment.get("controls", [])]:
        yield 'is not judged: add a control with "module": "harness.control"'
    if not experiment.get("tags"):
        yield 'cannot be chosen by tag: add "tags"'
    if not experiment.get("rollbacks"):
        yield 'leaves its fault behind: add "rollbacks" that clear it'
    if experiment.get("runtime", {}).get("rollbacks", {}).get("strategy") != "always":
        yield 'skips its rollbacks on an abort: add "runtime": {"rollbacks": {"strategy": "always"}}'
    if not experiment.get("contributions"):
        yield 'does not say what it contributes to: add "contributions": {"reliability": "high", ...}'
    if not extension(experiment).get("must_catch"):
        yield 'names no defect: add an extension deskstorm with "must_catch": [{"defect": "...", "probe": "..."}]'


def test_every_experiment_is_guarded_cleared_and_proved() -> None:
    complain(
        [
            f"experiments/{name}.json {lack}"
            for name, experiment in experiments().items()
            for lack in missing(experiment)
        ]
    )


def test_every_defect_named_exists_and_is_caught_by_a_probe_of_that_experiment() -> None:
    complaints = []
    for name, experiment in experiments().items():
        for pair in extension(experiment).get("must_catch", []):
            defect, probe = pair["defect"], pair["probe"]
            if defect not in defects():
                complaints.append(
                    f"experiments/{name}.json: add {defect}.py to simulator/desktop/defects or tracker/defects"
                )
            if probe not in probe_names(experiment):
                complaints.append(f"experiments/{name}.json: add a probe named {probe!r}")
    complain(complaints)
