"""Short-lived tokens."""

from typing import Any

from chaoslib.types import Configuration

from harness.breaking.aim import aim
from harness.breaking.canary import Canary
from harness.breaking.fault import Order, clear, inject, wire_run
from harness.breaking.limits import number
from harness.errors import FaultNotInForce

__all__ = ["inject_token_expiry", "clear_token_expiry"]

FAULT = "token_expiry"


def inject_token_expiry(
    expires_in_s: float = 60,
    agents: str = "",
    seconds: float = 600,
    configuration: Configuration = None,
) -> dict[str, Any]:
    """Let the tokens that `agents` are given during `seconds` live for `expires_in_s` only, and say so.

    Seen in force when a token of the canary's own is issued with that `expires_in`.
    """
    number("expires_in_s", expires_in_s, 1, 86_400)
    run = wire_run(configuration, FAULT, seconds)
    life_s = run.scaled(expires_in_s)

    def prove(canary: Canary) -> dict[str, Any]:
        answer = canary.refresh()
        found = answer.json.get("expires_in") if isinstance(answer.json, dict) else None
        if found is None or abs(float(found) - life_s) > 0.001:
            raise FaultNotInForce(FAULT, f"a token with expires_in {life_s:g}", f"{found} ({answer})")
        return {"expires_in_s": found}

    scope = aim(run.world, agents)
    return inject(run, Order(FAULT, scope, seconds, {"expires_in_s": life_s}, prove))


def clear_token_expiry(configuration: Configuration = None) -> dict[str, Any]:
    """Let tokens live as long as the cloud says again; nothing to do if it is not in force."""
    return clear(configuration, FAULT)
