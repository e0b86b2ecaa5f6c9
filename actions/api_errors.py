"""REST calls that are answered with an error status."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import flag, number
from harness.errors import BadInput

__all__ = ["inject_api_errors", "clear_api_errors"]

FAULT = "api_errors"


def inject_api_errors(  # noqa: PLR0913 - the last one is given by Chaos Toolkit
    statuses: str = "503",
    percent: float = 100,
    execute: bool = False,
    agents: str = "",
    path: str = "*",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Answer `percent` of the REST calls to `path` of `agents` with one of `statuses`, during `seconds`.

    Of several ("500, 503") chance picks one for each call. With `execute` the cloud carries out what it was asked for,
    and the desktop is told that it failed.

    Seen in force when one of the canary's own calls gets such a status.
    """
    mix = _statuses(statuses)
    number("percent", percent, 1, 100)
    flag("execute", execute)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents, path=path)
    prove = seen_on_rest(FAULT, scope, percent, lambda answer: answer.status in mix, f"one of the statuses {mix}")
    parameters = {"statuses": ",".join(map(str, mix)), "rate": percent / 100, "execute": execute}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove))


def clear_api_errors(configuration: Configuration = None) -> dict[str, Any]:
    """Let REST calls be answered by the cloud again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)


def _statuses(statuses: str) -> list[int]:
    found = [word.strip() for word in str(statuses).split(",")]
    if not all(word.isdecimal() and 400 <= int(word) <= 599 for word in found):
        raise BadInput("statuses", 'HTTP statuses from 400 to 599 such as "500, 503"', statuses)
    return [int(word) for word in found]
