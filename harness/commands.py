"""What each sub-command of `deskstorm` does; each returns its exit code."""

import importlib
import inspect
import json
import os
import pkgutil
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, get_origin

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Column, Table

from harness.errors import BadInput
from harness.evidence import read
from harness.keeping import leftovers
from harness.many import Order, Outcome, Runs, check_experiments
from harness.network.needs import (
    SITES,
    better_in_lab,
    needs_of_fault,
    needs_with,
    require_sites,
    why_impossible,
    why_not,
)
from harness.progress import Progress, Tail
from harness.prove import Claim, claims_of, matrix
from harness.runtime import SOURCE_VARIABLE, WORLD_KEY, evidence_of
from harness.settings import RunSettings
from harness.start import bring_up, new_run_folder
from harness.verdict import EXIT_CODES, Verdict, judge, worst
from harness.world import World

console = Console(highlight=False)
COLOURS = {Verdict.PASS: "green", Verdict.FAIL: "red", Verdict.VOID: "yellow"}
SHOW_EVERY_S = 0.25
LONGEST_WORLD_S = 30 * 86_400.0
DEFECTS = {"desktop": "simulator.desktop.defects", "tracker": "tracker.defects"}


def run(experiments: Sequence[Path], parallel: int, seeds: Iterable[int], asked: Mapping[str, Any]) -> int:
    """Run many experiments with progress on the terminal, then a table of verdicts."""
    check_experiments(experiments)
    _check_defect(asked["defect"], *DEFECTS)
    in_lab = _in_lab(experiments) if asked["netlab"] else frozenset()
    impossible = _impossible(path for path in experiments if path not in in_lab)
    if impossible and not asked["leave_out_impossible"]:
        _refuse(impossible, "a machine that can run it, or --leave-out-impossible")
    orders = [
        Order(
            path,
            seed=seed,
            defect=asked["defect"],
            agents=asked["agents"],
            runs=asked["runs"],
            in_lab=path in in_lab,
        )
        for seed in seeds
        for path in experiments
        if path not in impossible
    ]
    outcomes = _with_progress(orders, parallel)
    table = Table(Column("experiment", overflow="fold"), "seed", "verdict", "why", "seconds", title="Verdicts")
    for outcome in outcomes:
        colour = COLOURS[outcome.verdict]
        table.add_row(
            outcome.order.experiment.stem,
            str(outcome.order.seed),
            f"[{colour}]{outcome.verdict}[/]",
            escape("\n".join(outcome.reasons[:3])),
            f"{outcome.seconds:.1f}",
        )
    for path, why in impossible.items():
        table.add_row(path.stem, "-", "left out", escape(why), "-")
    console.print(table)
    for outcome in outcomes:
        console.print(f"review: {_shown(outcome.folder / 'review.html')}", soft_wrap=True)
    verdict = worst(outcome.verdict for outcome in outcomes)
    left_out = f", left out: {len(impossible)}" if impossible else ""
    console.print(f"[{COLOURS[verdict]}]{verdict}[/] over {len(outcomes)} runs{left_out}")
    return EXIT_CODES[verdict]


def prove(experiments: Sequence[Path], seeds: Iterable[int], parallel: int, runs: Path) -> int:
    """Run everything that the experiments claim to catch, print the matrix, and write it as JSON and HTML."""
    paths = list(experiments) or sorted(Path("experiments").glob("*.json"))
    check_experiments(paths)
    in_lab = _in_lab(paths)
    _refuse(_impossible(path for path in paths if path not in in_lab), "a machine that can run it")
    claims = [claim for path in paths for claim in claims_of(path)]
    wanted = [(claim, seed) for claim in claims for seed in seeds]
    began = datetime.now(UTC)
    orders = [claim.order(seed, runs, in_lab=claim.experiment in in_lab) for claim, seed in wanted]
    outcomes = _with_progress(orders, parallel)
    by_claim: dict[tuple[Claim, int], Outcome] = dict(zip(wanted, outcomes, strict=True))
    about = {
        "seeds": sorted({seed for _, seed in wanted}),
        "started": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"chaostoolkit-deskstorm": version("chaostoolkit-deskstorm")},
    }
    path = runs / "matrix.json"
    path.write_text(json.dumps(matrix(claims, by_claim, about), indent=1))
    table = Table("experiment", "planted", "must be", "by", "held", "seen", title="Experiment x defect")
    for claim in claims:
        mine = [outcome for (of, _), outcome in by_claim.items() if of == claim]
        held = sum(claim.holds(outcome) for outcome in mine)
        colour = "green" if held == len(mine) else "red"
        seen = "; ".join(sorted({f"{o.verdict} {', '.join(o.caught_by) or o.reasons[0]}" for o in mine}))
        name, count = claim.experiment.stem, f"[{colour}]{held}/{len(mine)}[/]"
        table.add_row(name, claim.plant, str(claim.expected), claim.question or "", count, escape(seen))
    console.print(table)
    subprocess.run([sys.executable, "-m", "reports.matrix", str(path)], check=True)
    return 0 if all(claim.holds(outcome) for (claim, _), outcome in by_claim.items()) else 1


def _in_lab(experiments: Iterable[Path]) -> frozenset[Path]:
    """What this machine's kernel cannot run, and a network lab can, if this machine can boot one."""
    return frozenset(path for path in experiments if better_in_lab(path))


def _impossible(experiments: Iterable[Path]) -> dict[Path, str]:
    """What this machine cannot run, and why."""
    return {path: why for path in experiments if (why := why_impossible(path))}


def _refuse(impossible: Mapping[Path, str], expected: str) -> None:
    for path, why in impossible.items():
        raise BadInput(f"experiment {path}", expected, why)


def _with_progress(orders: Sequence[Order], parallel: int) -> list[Outcome]:
    running: dict[Order, tuple[Progress, Tail]] = {}
    lock = threading.Lock()
    left = len(orders)

    def started(order: Order, folder: Path) -> None:
        with lock:
            running[order] = (Progress(), Tail(folder / "evidence"))
        if not console.is_terminal:
            console.print(f"{_label(order)}: started")

    def ended(outcome: Outcome) -> None:
        nonlocal left
        with lock:
            running.pop(outcome.order, None)
            left -= 1
        colour, why = COLOURS[outcome.verdict], outcome.reasons[0] if outcome.reasons else ""
        line = f"[{colour}]{outcome.verdict}[/] {_label(outcome.order)} ({outcome.seconds:.1f} s): {escape(why)}"
        console.print(line, soft_wrap=True)

    def picture() -> Table:
        grid = Table.grid(padding=(0, 1))
        with lock:
            for order, (progress, tail) in running.items():
                for line in tail.fresh():
                    progress.take(line)
                grid.add_row(f"[bold]{_label(order)}[/]", escape(progress.sentence()))
            grid.add_row("", f"{left} of {len(orders)} runs to go")
        return grid

    runs = Runs(parallel, started, ended)
    with ThreadPoolExecutor(1) as pool, Live(console=console, refresh_per_second=4, transient=True) as live:
        future = pool.submit(runs.all, orders)
        try:
            _until_done(future, lambda: live.update(picture()))
        except KeyboardInterrupt:
            console.print("ending what runs: faults first, then the worlds")
            runs.interrupt()
            raise
        return future.result()


def _until_done(future: "Future[list[Outcome]]", show: Callable[[], None]) -> None:
    done = threading.Event()
    future.add_done_callback(lambda _: done.set())
    while not done.wait(SHOW_EVERY_S):
        if console.is_terminal:
            show()


def world(asked: Mapping[str, Any]) -> int:
    """Keep a local world up until Ctrl-C or until it ends by itself."""
    _check_defect(asked["defect"], "desktop")
    settings = RunSettings(
        agents=asked["agents"],
        time_scale=asked["time_scale"],
        seed=asked["seed"],
        defect=asked["defect"],
        tls=asked["tls"],
        cloud={"port": asked["port"]},
        runs=asked["runs"],
        sites=asked["sites"],
        longest_s=LONGEST_WORLD_S,
    )
    if settings.sites:
        require_sites()
    os.environ[SOURCE_VARIABLE] = f"world-{os.getpid()}"
    folder = new_run_folder(settings.runs, "world")
    evidence = evidence_of(folder / "evidence")
    over = threading.Event()
    reasons: list[str] = []

    def stopped(reason: str) -> None:
        reasons.append(reason)
        over.set()

    up = bring_up(settings, folder, evidence, stopped)
    try:
        _print_world(up.world, as_json=asked["as_json"])
        while not over.wait(1.0):
            pass
        raise BadInput("the world", "to stay up until Ctrl-C", reasons[0])
    except KeyboardInterrupt:
        return 0
    finally:
        up.take_down()
        evidence.close()


def _print_world(world: World, as_json: bool) -> None:
    agents = [{"id": agent.id, "name": agent.name, "refresh_token": agent.refresh_token} for agent in world.agents]
    shown = {
        "run": world.run,
        "api": world.api,
        "login": world.login,
        "ca": world.ca,
        "proxy": world.wire.proxy if world.wire else None,
        "proxy_ca": world.wire.ca if world.wire else None,
        "metrics": world.wire.metrics if world.wire else None,
        "desktops": f"{world.crowd_url}/desktops",
        "control": world.control.url if world.control else None,
        "control_token": world.control.token if world.control else None,
        "client_id": world.client_id,
        "client_secret": world.client_secret,
        "desktop_client_id": world.desktop_client_id,
        "queue_id": world.queue_id,
        "time_scale": world.time_scale,
        "evidence": str(world.evidence),
        "sites": [
            {
                "name": site.name,
                "namespace": site.namespace,
                "link": site.outer,
                "desktops": f"{site.crowd_url}/desktops",
            }
            for site in world.sites
        ],
        "agents": agents,
    }
    if as_json:
        print(json.dumps(shown), flush=True)
        return
    whole = Column(overflow="fold")
    table = Table("", whole, title=f"World {world.run} (Ctrl-C takes it down)", show_header=False)
    for key, value in shown.items():
        if key not in ("agents", "sites") and value is not None:
            table.add_row(key, str(value))
    for site in world.sites:
        place = f"namespace {site.namespace}, link {site.outer}, desktops {site.crowd_url}/desktops"
        table.add_row(f"site {site.name}", place)
    people = Table("agent", *(Column(name, overflow="fold") for name in ("id", "refresh token")), title="Test agents")
    for agent in agents:
        people.add_row(agent["name"], agent["id"], agent["refresh_token"])
    console.print(table, people)


def arm(fault: str, settings: Sequence[str], run: str | None) -> int:
    """Inject a fault by hand on a running world."""
    module = _fault_module(fault)
    function = getattr(module, f"inject_{fault}")
    arguments = _arguments(fault, function, settings)
    os.environ[SOURCE_VARIABLE] = f"cli-{os.getpid()}"
    seen = function(**arguments, configuration={WORLD_KEY: str(leftovers.world_file(run))})
    console.print_json(json.dumps(seen, default=str))
    return 0


def disarm(fault: str | None, run: str | None) -> int:
    """Clear one fault, or every one, on a running world."""
    names = [fault] if fault else _fault_names()
    modules = [_fault_module(name) for name in names]
    configuration = {WORLD_KEY: str(leftovers.world_file(run))}
    os.environ[SOURCE_VARIABLE] = f"cli-{os.getpid()}"
    for name, module in zip(names, modules, strict=True):
        cleared = getattr(module, f"clear_{name}")(configuration=configuration)
        if fault or "seen" in cleared:
            console.print_json(json.dumps({"fault": name, **cleared}, default=str))
    return 0


def faults() -> int:
    """List every fault that there is an action for."""
    rest = (Column(name, overflow="fold") for name in ("parameters (default)", "what it does"))
    table = Table(Column("fault", no_wrap=True), *rest, title="Faults")
    for name in _fault_names():
        function = getattr(_fault_module(name), f"inject_{name}")
        given = [
            f"{p.name} ({p.default!r})"
            for p in inspect.signature(function).parameters.values()
            if p.name != "configuration"
        ]
        table.add_row(name, "\n".join(given), inspect.getdoc(function) or "")
    console.print(table)
    return 0


def defects() -> int:
    """List every defect that can be planted."""
    for what, package in DEFECTS.items():
        table = Table(Column("defect", no_wrap=True), "symptom", "seen in", title=f"Defects of the {what}")
        for defect in importlib.import_module(package).listing():
            table.add_row(defect["name"], defect["symptom"], defect["seen_in"])
        console.print(table)
    return 0


def stop() -> int:
    """Clear everything on this machine."""
    done = leftovers.stop_all()
    for line in done:
        console.print(escape(line), soft_wrap=True)
    console.print("nothing was in force" if not done else f"{len(done)} things cleared", soft_wrap=True)
    return 0


def doctor() -> int:
    """Say what can be injected here, and clear up what was left behind."""
    table = Table("layer", "can be injected", "why", title="This machine")
    wire = shutil.which("mitmdump") or (Path(sys.executable).parent / "mitmdump").exists()
    why = "mitmdump is installed" if wire else "mitmdump is missing: install the packages of this environment"
    for layer in ("API", "socket", "token"):
        table.add_row(layer, "yes" if wire else "no", why)
    table.add_row("platform", "yes", "by the public API, or the local cloud's control")
    for why, names in _network_faults():
        table.add_row("network", "no" if why else "yes", escape(f"{', '.join(names)}{': ' if why else ''}{why}"))
    console.print(table)
    left = leftovers.inspect()
    for line in left:
        console.print(line, soft_wrap=True)
    if not left:
        console.print("nothing was left behind")
    return 0


def _network_faults() -> list[tuple[str, list[str]]]:
    """Why a network fault cannot be injected here ("" if it can), and the faults of which that is true."""
    found = {why_not(SITES): ["desktops behind links of their own"]}
    for name in _fault_names():
        module = _fault_module(name)
        if "on" in inspect.signature(getattr(module, f"inject_{name}")).parameters:
            needs = needs_of_fault(module)
            found.setdefault(why_not(needs), []).append(name)
            cases: dict[str, dict[str, Any]] = {f"with {argument}": {argument: True} for argument in needs_with(module)}
            cases["at a named interface"] = {"on": {"interface": "any"}}
            for words, given in cases.items():
                # Said only if it is that which this machine lacks.
                if not why_not(needs) and (why := why_not(needs_of_fault(module, given))):
                    found.setdefault(why, []).append(f"{name} {words}")
    return sorted(found.items())


def review(folder: Path) -> int:
    """Judge a run again from its evidence, and write its review anew."""
    path = folder / "verdict.json"
    if not (folder / "evidence").is_dir():
        raise BadInput(f"run folder {folder}", "a folder with evidence in it", "none")
    known = json.loads(path.read_text()) if path.exists() else {}
    evidence = read(folder / "evidence")

    judgement = judge(evidence, still_open=())
    path.write_text(json.dumps({**known, **judgement.as_json()}, indent=1))
    subprocess.run([sys.executable, "-m", "reports", str(folder)], check=True)
    console.print(escape(f"{judgement.verdict}: {'; '.join(judgement.reasons)}"), soft_wrap=True)
    return 0


def _fault_names() -> list[str]:
    package = importlib.import_module("actions")
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return [name for name in names if not name.startswith("_") and _injects(name)]


def _injects(name: str) -> bool:
    return hasattr(importlib.import_module(f"actions.{name}"), f"inject_{name}")


def _fault_module(fault: str) -> ModuleType:
    names = _fault_names()
    if fault not in names:
        raise BadInput("fault", f"one of {', '.join(names)}", fault)
    return importlib.import_module(f"actions.{fault}")


def _arguments(fault: str, function: Callable[..., Any], settings: Sequence[str]) -> dict[str, Any]:
    known = {p.name: p for p in inspect.signature(function).parameters.values() if p.name != "configuration"}
    arguments: dict[str, Any] = {}
    for setting in settings:
        key, separator, value = setting.partition("=")
        if not separator or key not in known:
            raise BadInput(f"{fault} {setting}", f"KEY=VALUE with a key of {', '.join(known)}", setting)
        arguments[key] = _typed(f"{fault} {key}", known[key].annotation, value)
    return arguments


def _typed(what: str, kind: type, value: str) -> Any:
    if kind is bool:
        if value.lower() not in ("true", "false"):
            raise BadInput(what, "true or false", value)
        return value.lower() == "true"
    if get_origin(kind) is dict:
        return _object(what, value)
    try:
        return kind(value)
    except ValueError:
        raise BadInput(what, f"a value of type {kind.__name__}", value) from None


def _object(what: str, value: str) -> dict[str, Any]:
    try:
        found = json.loads(value)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadInput(what, 'a JSON object such as {"site": "a"}', value)
    return found


def _check_defect(name: str | None, *whose: str) -> None:
    """`BadInput` that lists what there is, if nobody of `whose` can have the defect `name`."""
    known = sorted({known for who in whose for known in importlib.import_module(DEFECTS[who]).names()})
    if name and name not in known:
        raise BadInput("defect", f"one of {known}", name)


def _label(order: Order) -> str:
    planted = order.defect or (f"sabotage:{order.sabotage}" if order.sabotage else "")
    return f"{order.experiment.stem}{f' ({planted})' if planted else ''} seed {order.seed}"


def _shown(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
