"""One guarded run inside the chaos process: from the world coming up to the verdict on disk."""

import inspect
import json
import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from chaoslib.hypothesis import within_tolerance

from harness.errors import BadInput, CannotTell, DeskstormError
from harness.evidence import Evidence, read, redact
from harness.keeping.guard import DEFAULTS as GUARD_DEFAULTS
from harness.network.needs import aimed_at_interfaces, needs_of, why_not
from harness.plan import function_of, plan_of, tolerance_in_words
from harness.runtime import WORLD_KEY, evidence_of
from harness.settings import RunSettings, runs_folder
from harness.start import Started, bring_up, in_its_world, new_run_folder
from harness.verdict import Judgement, Verdict, judge

logger = logging.getLogger("chaostoolkit")
PACKAGES = ("chaostoolkit", "chaostoolkit-lib", "chaostoolkit-deskstorm", "mitmproxy", "httpx", "websockets")
REVIEW_LIMIT_S = 60
PLACEHOLDER = re.compile(r"\$\{([^}]+)\}")


class Session:
    """What the control knows about the run in hand. `must_stop` is the reason to go no further, or empty."""

    def __init__(
        self,
        experiment: Mapping[str, Any],
        settings: RunSettings,
        extension: Mapping[str, Any],
        secrets: Mapping[str, Any],
    ) -> None:
        self.experiment = experiment
        self.settings = settings
        self.extension = extension
        self.plan = plan_of(experiment)
        self.phase = "before"
        self.must_stop = ""
        self._secrets = secrets
        self._started: Started | None = None
        self._hypothesis_probes = {id(p) for p in experiment.get("steady-state-hypothesis", {}).get("probes", ())}
        self.folder = new_run_folder(settings.runs, _stem())
        self.evidence = evidence_of(self.folder / "evidence")
        self.began = datetime.now(UTC)

    def begin(self, configuration: MutableMapping[str, Any]) -> None:
        """Bring the world up; raises what stood in the way."""
        try:
            if self.settings.world_file and aimed_at_interfaces(self.experiment):
                self.settings = replace(self.settings, sites=0)
            self.settings = in_its_world(self.settings)
        finally:
            self._announce(self.settings)
        if self.experiment.get("dry"):
            self.trouble("a dry run carries nothing out")
        parts = [self.experiment.get(key) for key in ("steady-state-hypothesis", "method", "rollbacks")]
        if names := unresolved(parts, {*configuration, *self._secrets}):
            raise BadInput("experiment", "a configuration entry for each ${name}", sorted(names))
        if why := why_not(needs_of(self.experiment, bool(self.settings.sites))):
            raise BadInput("this experiment on this machine", "a machine that can run it", why)
        self._started = bring_up(self.settings, self.folder, self.evidence, self.stop, signal.SIGUSR1)
        configuration[WORLD_KEY] = str(self._started.world_file)
        self._started.keeper.guard(self.extension.get("guard", [asdict(condition) for condition in GUARD_DEFAULTS]))

    def _announce(self, settings: RunSettings) -> None:
        self.evidence.write(
            "run.started",
            experiment=_stem(),
            title=self.experiment.get("title"),
            seed=settings.seed,
            time_scale=settings.time_scale,
            agents=settings.agents,
            defect=settings.defect,
            sabotage=list(settings.sabotage),
        )
        self.evidence.write(
            "run.planned",
            hypothesis=self.plan.hypothesis,
            method=self.plan.method,
            rollback=self.plan.rollback,
            faults=self.plan.faults,
            observations=[(name, seconds * settings.time_scale) for name, seconds in self.plan.observations],
        )

    def trouble(self, reason: str) -> None:
        """Record why this run proves nothing from now on."""
        self.evidence.write("run.trouble", reason=reason)

    def stop(self, reason: str) -> None:
        """The kill switch was thrown (by the keeper): go no further."""
        self.trouble(reason)
        self.must_stop = self.must_stop or reason

    def hypothesis_ended(self, state: Any) -> None:
        """Record one look at the steady state: before, during or after the method."""
        found = state if isinstance(state, Mapping) else {}
        when = {"before": "before", "method": "during"}.get(self.phase, "after")
        met = found.get("steady_state_met") is True
        why = ""
        for run in found.get("probes", ()):
            if run.get("tolerance_met") is not True:
                why = f"{run['activity']['name']} found {_reason(run) or run.get('output')}"
        self.evidence.write("hypothesis.ended", when=when, met=met, why=why)
        if not met and when == "before":
            self.must_stop = f"the steady state did not hold at the start: {why}"

    def activity_started(self, activity: Mapping[str, Any]) -> None:
        """Record that an activity starts."""
        self.evidence.write("activity.started", name=activity.get("name"), phase=self._phase_of(activity))

    def activity_ended(
        self, activity: Mapping[str, Any], run: Any, configuration: Mapping[str, Any] | None, secrets: Any
    ) -> None:
        """Record what an activity answered, and whether that is within its tolerance.

        Chaos Toolkit looks at tolerances in the hypothesis alone; here a probe of the method is judged by its own too.
        """
        found = _carried_out(activity, run)
        phase = self._phase_of(activity)
        tolerance = activity.get("tolerance")
        status = str(found["status"])
        met = None
        if tolerance is not None and status == "succeeded":
            met = _within(tolerance, found.get("output"), configuration, secrets)
        cannot_tell = _cannot_tell(found)
        self.evidence.write(
            "activity.ended",
            name=activity.get("name"),
            type=activity.get("type"),
            phase=phase,
            function=function_of(activity),
            status=status,
            tolerance_met=met,
            expected=tolerance_in_words(tolerance),
            output=_plain(found.get("output")),
            why=_reason(found),
            cannot_tell=cannot_tell,
        )
        failed = status != "succeeded" or (activity.get("type") == "action" and found.get("output") is False)
        if failed and phase == "method" and not self.must_stop and not cannot_tell:
            self.must_stop = f"{activity.get('name')} could not be carried out: {_reason(found)}"

    def end(self, journal: MutableMapping[str, Any]) -> Judgement:
        """Take the world down, judge the evidence, write verdict, journal and review."""
        if journal.get("status") in ("interrupted", "aborted"):
            self.trouble(self.must_stop or f"the run was {journal['status']} before its end")
        if self._started is not None:
            self._take_down(self._started)
        self.evidence.write("run.ended", status=journal.get("status"))
        evidence = read(self.folder / "evidence")
        judgement = judge(evidence, still_open=(self.evidence.source,))
        self.evidence.close()
        _scrub(journal, self._known_secrets())
        _write_json(self.folder / "journal.json", {**journal, "deskstorm": judgement.as_json()})
        _write_json(self.folder / "verdict.json", self._verdict(judgement, evidence))
        self._review()
        return judgement

    def _take_down(self, started: Started) -> None:
        try:
            for problem in started.take_down("the run ended before it was judged"):
                self.trouble(problem)
        except DeskstormError as error:
            self.trouble(f"the world could not be taken down in order: {error}")

    def _verdict(self, judgement: Judgement, evidence: Evidence) -> dict[str, Any]:
        settings, entries = self.settings, evidence.entries
        return {
            "experiment": _stem(),
            "title": self.experiment.get("title"),
            "description": self.experiment.get("description"),
            **judgement.as_json(),
            "seed": settings.seed,
            "time_scale": settings.time_scale,
            "agents": settings.agents,
            "defect": settings.defect,
            "sabotage": list(settings.sabotage) or None,
            "world": self._world(),
            "started": self.began.isoformat(timespec="milliseconds"),
            "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "t_started": entries[0].t if entries else time.monotonic_ns(),
            "t_ended": time.monotonic_ns(),
            "repeat": self._repeat(),
            "versions": {name: version(name) for name in PACKAGES} | {"python": sys.version.split()[0]},
        }

    def _world(self) -> str:
        """A world file may name a tracker alone; the cloud around it is local then."""
        if self._started is not None:
            return str(self._started.world.kind)
        return "org" if self.settings.world_file else "local"

    def _repeat(self) -> str:
        settings = self.settings
        words = [f"DESKSTORM_SEED={settings.seed}", f"DESKSTORM_AGENTS={settings.agents}"]
        words.append(f"DESKSTORM_TIME_SCALE={settings.time_scale:g}")
        if settings.defect:
            words.append(f"DESKSTORM_DEFECT={settings.defect}")
        if settings.sabotage:
            words.append(f"DESKSTORM_SABOTAGE={','.join(settings.sabotage)}")
        if settings.world_file:
            words.append(f"DESKSTORM_WORLD={shlex.quote(str(settings.world_file))}")
        return " ".join([*words, "chaos run", shlex.quote(_experiment_path())])

    def _review(self) -> None:
        # A process of its own: the review needs only the folder, and a fault in it must not touch the verdict.
        try:
            subprocess.run(
                [sys.executable, "-m", "reports", str(self.folder)],
                check=True,
                timeout=REVIEW_LIMIT_S,
                capture_output=True,
                text=True,
            )
            logger.info("Review: %s", self.folder / "review.html")
        except (subprocess.SubprocessError, OSError) as error:
            logger.warning("The review of %s could not be written: %s", self.folder, error)

    def _phase_of(self, activity: Mapping[str, Any]) -> str:
        if id(activity) in self._hypothesis_probes:
            return "before" if self.phase == "before" else "during" if self.phase == "method" else "after"
        return self.phase

    def _known_secrets(self) -> set[str]:
        known = {
            str(value) for group in self._secrets.values() if isinstance(group, Mapping) for value in group.values()
        }
        if self._started is not None:
            known |= self._started.secrets
        return {secret for secret in known if len(secret) >= 6}


def _carried_out(activity: Mapping[str, Any], run: Any) -> Mapping[str, Any]:
    """The run of an activity, called failed where Chaos Toolkit calls success what did nothing."""
    if not isinstance(run, MutableMapping):
        return {"status": "interrupted", "exception": ["it was interrupted"]}
    if "status" not in run:
        return {**run, "status": "interrupted", "exception": ["it was interrupted"]}
    output = run.get("output")
    if inspect.iscoroutine(output):
        output.close()
        run["output"] = None  # the journal could not be written with it
        return {**run, "status": "failed", "exception": ["it is a coroutine function, which is never awaited"]}
    by_process = activity.get("provider", {}).get("type") == "process" and activity.get("type") == "action"
    if by_process and isinstance(output, Mapping) and output.get("status") != 0:
        return {**run, "status": "failed", "exception": [f"exit code {output.get('status')}"]}
    return run


def unresolved(experiment: Any, known: set[str]) -> set[str]:
    """The `${names}` in an experiment that nothing gives a value to; Chaos Toolkit passes them on as they stand."""
    if isinstance(experiment, Mapping):
        return set().union(*(unresolved(value, known) for value in experiment.values()))
    if isinstance(experiment, list):
        return set().union(*(unresolved(value, known) for value in experiment))
    return set(PLACEHOLDER.findall(experiment)) - known if isinstance(experiment, str) else set()


def refused(reason: str) -> None:
    """Leave the verdict of a run that could not even begin: VOID, and why."""
    folder = new_run_folder(runs_folder(), _stem())
    _write_json(folder / "verdict.json", {"experiment": _stem(), "verdict": Verdict.VOID, "reasons": [reason]})


def _within(tolerance: Any, value: Any, configuration: Any, secrets: Any) -> bool:
    if isinstance(tolerance, bool) and not isinstance(value, bool):
        return False  # Chaos Toolkit would take 1 for true
    return bool(within_tolerance(tolerance, value, configuration=configuration, secrets=secrets))


def _reason(run: Mapping[str, Any]) -> str:
    lines = run.get("exception") or ()
    text = str(lines[-1]).strip() if lines else ""
    # "chaoslib.exceptions.ActivityFailed: harness.errors.NoEvidence: the sentence" - the sentence is what helps.
    words = text.split(": ")
    while len(words) > 1 and "." in words[0] and " " not in words[0]:
        words = words[1:]
    return ": ".join(words)


def _cannot_tell(run: Mapping[str, Any]) -> bool:
    """Whether what is under test had no answer: other questions may still be asked."""
    return any(f"{CannotTell.__module__}.{CannotTell.__name__}: " in str(line) for line in run.get("exception") or ())


def _plain(value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return str(value)
    return value


def _experiment_path() -> str:
    given = [word for word in sys.argv[1:] if word.endswith((".json", ".yaml", ".yml"))]
    return given[-1] if given else "experiment"


def _stem() -> str:
    return Path(_experiment_path()).stem


def _scrub(node: Any, secrets: set[str]) -> None:
    """Take tokens and the values of known secrets out of a journal, in place."""
    if isinstance(node, MutableMapping):
        for key in list(node):
            node[key] = _clean(node[key], secrets)
            _scrub(node[key], secrets)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            node[index] = _clean(item, secrets)
            _scrub(node[index], secrets)


def _clean(value: Any, secrets: set[str]) -> Any:
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, "[redacted]")
    return redact(value)


def _write_json(path: Path, content: Any) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1, default=str))
    os.replace(part, path)
