"""The Chaos Toolkit control that guards each experiment: it brings the world up, watches, judges and takes it down.

Chaos Toolkit ends green on nothing in many ways, and swallows what a control raises unless it is `InterruptExecution`.
So every hook here turns trouble into evidence first and interrupts second, and the last hook sets the journal's
status from our own verdict: the command's exit code is 0 only on PASS.
"""

import logging
import signal
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from chaoslib.exceptions import InterruptExecution
from chaoslib.types import Configuration, Experiment, Journal, Secrets

from harness.errors import DeskstormError
from harness.session import Session, refused
from harness.settings import RunSettings
from harness.verdict import Verdict

logger = logging.getLogger("chaostoolkit")
_current: list[Session] = []


def before_experiment_control(
    context: Experiment, configuration: Configuration = None, secrets: Secrets = None
) -> None:
    """Bring the world up and put its address into `configuration`; anything wrong ends the run before the method."""
    _current.clear()
    extension: Mapping[str, Any] = next((e for e in context.get("extensions", ()) if e.get("name") == "deskstorm"), {})
    try:
        settings = RunSettings.read(configuration or {}, extension)
        session = Session(context, settings, extension, secrets or {})
        _current.append(session)
        session.begin(configuration)
    except Exception as error:
        reason = str(error) if isinstance(error, DeskstormError) else f"{type(error).__name__}: {error}"
        if _current:
            _current[0].trouble(reason)
        else:
            with suppress(DeskstormError, OSError):  # the interruption below must come whatever happens here
                refused(reason)
        logger.debug("the world did not come up", exc_info=True)
        raise InterruptExecution(f"VOID before the start: {reason}") from error


def before_method_control(context: Experiment) -> None:
    """From here on a hypothesis is not the one before the fault."""
    for session in _current:
        session.phase = "method"


def after_method_control(context: Experiment) -> None:
    """From here on a hypothesis is the one after the fault."""
    for session in _current:
        session.phase = "after"


def before_rollback_control(context: Experiment) -> None:
    """Nothing interrupts from here on: every rollback gets its turn."""
    for session in _current:
        session.phase = "rollback"


def after_hypothesis_control(context: Mapping[str, Any], state: Any = None) -> None:
    """Record whether the steady state held."""
    for session in _current:
        session.hypothesis_ended(state)


def before_activity_control(context: Mapping[str, Any]) -> None:
    """Record that an activity starts; a run whose keeper is gone goes no further."""
    for session in _current:
        session.activity_started(context)
        _interrupt_if_needed(session)


def after_activity_control(
    context: Mapping[str, Any],
    state: Any = None,
    configuration: Configuration = None,
    secrets: Secrets = None,
) -> None:
    """Record and judge an activity; one that could not be carried out ends the method."""
    for session in _current:
        session.activity_ended(context, state, configuration, secrets)
        _interrupt_if_needed(session)


def after_experiment_control(context: Experiment, state: Journal = None) -> None:
    """Take the world down, judge, and make the journal's status say what the verdict says."""
    _let_nothing_interrupt()
    journal = state if isinstance(state, dict) else {}
    verdict, reasons = Verdict.VOID, ["the run never began"]
    try:
        for session in _current:
            judgement = session.end(journal)
            verdict, reasons = judgement.verdict, list(judgement.reasons)
    except Exception as error:
        logger.debug("the run could not be judged", exc_info=True)
        verdict, reasons = Verdict.VOID, [f"the run could not be judged: {type(error).__name__}: {error}"]
    journal["deskstorm"] = {"verdict": str(verdict), "reasons": reasons}
    journal["deviated"] = verdict is Verdict.FAIL
    journal["status"] = {Verdict.PASS: "completed", Verdict.FAIL: "completed", Verdict.VOID: "aborted"}[verdict]
    level = logging.INFO if verdict is Verdict.PASS else logging.ERROR
    for line in (f"Verdict: {verdict}", *(f"  because {reason}" for reason in reasons)):
        logger.log(level, line)
    _current.clear()


def _let_nothing_interrupt() -> None:
    """The kill switch has nothing left to stop: it must not keep the run from being judged."""
    with suppress(ValueError):  # signals belong to the main thread
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)


def _interrupt_if_needed(session: Session) -> None:
    if session.must_stop and session.phase in ("before", "method"):
        raise InterruptExecution(session.must_stop)
