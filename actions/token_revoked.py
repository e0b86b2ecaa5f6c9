"""Access tokens that are revoked while they are in use."""

from typing import Any

from chaoslib.types import Configuration

from actions._seen_on_rest import seen_on_rest
from harness.breaking.aim import aim
from harness.breaking.canary import ME
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import flag

__all__ = ["inject_token_revoked", "clear_token_revoked"]

FAULT = "token_revoked"


def inject_token_revoked(
    refresh_refused: bool = False,
    agents: str = "",
    seconds: float = 60,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Answer 401 to the access tokens that `agents` hold now, and close their sockets; new tokens are good.

    With `refresh_refused` there are no new tokens during `seconds` (400 `invalid_grant`). Seen in force when the
    canary's own token is answered 401.
    """
    flag("refresh_refused", refresh_refused)
    run = wire_run(configuration, FAULT, seconds)
    scope = aim(run.world, agents)
    prove = seen_on_rest(FAULT, scope, 100, lambda answer: answer.status == 401, f"401 for GET {ME}")
    parameters = {"refresh_refused": refresh_refused}
    return inject(run, Order(FAULT, scope, seconds, parameters, prove))


def clear_token_revoked(configuration: Configuration = None) -> dict[str, Any]:
    """Refuse no token any more; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
